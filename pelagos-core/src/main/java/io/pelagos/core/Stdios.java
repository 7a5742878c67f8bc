package io.pelagos.core;

import io.pelagos.core.internal.launch.KeptInput;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Streams;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Stdio;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The standard streams of a container: the ends that it inherits and the ends that the JVM keeps.
 */
final class Stdios implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Stdios.class.getName());

    private final SystemCalls calls;
    private final Streams streams;
    private final List<Fd> inherited = new ArrayList<>();
    private final List<Integer> numbers = new ArrayList<>();
    private final List<Pump> pumps = new ArrayList<>();

    /** Those that copy outputs; they end with the last process that has the output. */
    private final List<Thread> copying = new ArrayList<>();

    /** The outputs that go through this JVM, by their numbers. */
    private final Map<Integer, OutputTap> taps = new HashMap<>();

    private final Map<Integer, Fd> logged = new HashMap<>();
    private final List<Integer> kept = new ArrayList<>();
    private final boolean detached;
    private Container.@Nullable Input stdin;
    private Container.@Nullable Output stdout;
    private Container.@Nullable Output stderr;

    /**
     * Copies between a pipe and a channel.
     *
     * @param copy does it to the end
     * @param output whether it is an output of the container
     */
    private record Pump(Runnable copy, boolean output) {}

    private Stdios(SystemCalls calls, Streams streams, boolean detached) {
        this.calls = calls;
        this.streams = streams;
        this.detached = detached;
    }

    static Stdios open(SystemCalls calls, Streams streams, ContainerSpec spec) {
        var stdios =
                new Stdios(
                        calls, streams, spec.supervision() == ContainerSpec.Supervision.DETACHED);
        try {
            if (spec.process().terminal()) {
                stdios.openNothing();
                if (stdios.detached) {
                    // What is typed goes through the supervisor.
                    stdios.inherited.add(stdios.keepInput());
                    stdios.kept.add(stdios.inherited.getLast().number());
                }
                return stdios;
            }
            stdios.openInput(spec.stdin());
            stdios.stdout = stdios.openOutput(spec.stdout(), 1, "standard output");
            stdios.stderr = stdios.openOutput(spec.stderr(), 2, "standard error");
            return stdios;
        } catch (RuntimeException | Error e) {
            stdios.close();
            throw e;
        }
    }

    /** Keeps the places of the streams for a terminal. */
    private void openNothing() {
        for (int stream = 0; stream <= 2; stream++) {
            other(Stdio.NULL, stream);
        }
    }

    /** Returns what the container's descriptors 0, 1 and 2 come from. */
    List<Integer> numbers() {
        return List.copyOf(numbers);
    }

    /** Returns the reading end of an output that the supervisor logs, or -1. */
    int logged(int number) {
        var pipe = logged.get(number);
        return pipe == null ? -1 : pipe.number();
    }

    /** Returns what the supervisor keeps for standard input; nothing where it is not kept open. */
    List<Integer> kept() {
        return List.copyOf(kept);
    }

    Container.@Nullable Input stdin() {
        return stdin;
    }

    Container.@Nullable Output stdout() {
        return stdout;
    }

    Container.@Nullable Output stderr() {
        return stderr;
    }

    /** Returns the outputs that go through this JVM, by their numbers. */
    Map<Integer, OutputTap> taps() {
        return Map.copyOf(taps);
    }

    private void openInput(Stdio source) {
        switch (source) {
            case Stdio.Pipe() -> {
                if (detached) {
                    inherit(keepInput());
                } else {
                    stdin = new Container.Input(inputPipe());
                }
            }
            case Stdio.ToChannel(var channel) -> {
                var from = (ReadableByteChannel) channel;
                var to = inputPipe();
                Runnable copy =
                        () -> {
                            try (to) {
                                // The channel is the caller's, who closes it.
                                Channels.newInputStream(from).transferTo(to);
                            } catch (IOException e) {
                                LOG.log(System.Logger.Level.DEBUG, "copying standard input", e);
                            }
                        };
                pumps.add(new Pump(copy, false));
            }
            case Stdio.ToFile(var path, _) ->
                    inherit(calls.open(null, path.toAbsolutePath().toString(), OpenFlag.O_RDONLY));
            default -> other(source, 0);
        }
    }

    /** Opens what the supervisor keeps, see {@link KeptInput}; returns the reading end. */
    private Fd keepInput() {
        var pipe = calls.pipe("standard input");
        keep(pipe.second());
        var word = calls.pipe("the end of standard input");
        keep(word.first());
        keep(word.second());
        return pipe.first();
    }

    private void keep(Fd fd) {
        inherited.add(fd);
        kept.add(fd.number());
    }

    private java.io.OutputStream inputPipe() {
        var pipe = calls.pipe("standard input");
        inherit(pipe.first());
        try {
            return streams.output(pipe.second());
        } catch (RuntimeException | Error e) {
            pipe.second().close();
            throw e;
        }
    }

    private Container.@Nullable Output openOutput(Stdio target, int number, String what) {
        switch (target) {
            case Stdio.Pipe() -> {
                if (detached) {
                    var pipe = calls.pipe(what);
                    inherit(pipe.second());
                    inherited.add(pipe.first());
                    logged.put(number, pipe.first());
                    return null;
                }
                return new Container.Output(tapped(outputPipe(what), number));
            }
            case Stdio.ToChannel(var channel) -> {
                var to = (WritableByteChannel) channel;
                var from = tapped(outputPipe(what), number);
                Runnable copy =
                        () -> {
                            try (from) {
                                from.transferTo(Channels.newOutputStream(to));
                            } catch (IOException e) {
                                LOG.log(System.Logger.Level.WARNING, "copying " + what, e);
                            }
                        };
                pumps.add(new Pump(copy, true));
            }
            case Stdio.ToFile(var path, var append) -> {
                var flags =
                        Constant.flags(
                                OpenFlag.O_WRONLY,
                                OpenFlag.O_CREAT,
                                append ? OpenFlag.O_APPEND : OpenFlag.O_TRUNC);
                var file = path.toAbsolutePath().toString();
                inherit(Fd.of(calls.kernel(), calls.openat(null, file, flags, 0600), file));
            }
            default -> other(target, number);
        }
        return null;
    }

    private OutputTap tapped(java.io.InputStream pipe, int number) {
        var tap = new OutputTap(pipe);
        taps.put(number, tap);
        return tap;
    }

    private java.io.InputStream outputPipe(String what) {
        var pipe = calls.pipe(what);
        inherit(pipe.second());
        try {
            return streams.input(pipe.first());
        } catch (RuntimeException | Error e) {
            pipe.first().close();
            throw e;
        }
    }

    private void other(Stdio stream, int number) {
        switch (stream) {
            case Stdio.Null() -> inherit(calls.open(null, "/dev/null", OpenFlag.O_RDWR));
            case Stdio.Inherit() -> numbers.add(number);
            case Stdio.Descriptor(var descriptor) -> numbers.add(descriptor);
            case Stdio.Pipe(), Stdio.ToChannel(_), Stdio.ToFile(_, _) ->
                    throw new IllegalStateException(stream.toString());
        }
    }

    private void inherit(Fd fd) {
        inherited.add(fd);
        numbers.add(fd.number());
    }

    /** Closes the ends that the container has by now, and starts copying to and from channels. */
    void started() {
        inherited.forEach(Fd::close);
        for (var pump : pumps) {
            var thread = Thread.ofVirtual().name("pelagos-copy").start(pump.copy());
            if (pump.output()) {
                copying.add(thread);
            }
        }
    }

    /** Waits until all that was written has reached its channel; nobody writes any more. */
    void awaitCopied() throws InterruptedException {
        for (var thread : copying) {
            thread.join();
        }
    }

    /** Closes everything. */
    @Override
    public void close() {
        inherited.forEach(Fd::close);
        try {
            if (stdin != null) {
                stdin.close();
            }
            if (stdout != null) {
                stdout.close();
            }
            if (stderr != null) {
                stderr.close();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing standard streams", e);
        }
    }
}
