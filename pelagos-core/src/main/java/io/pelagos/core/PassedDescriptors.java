package io.pelagos.core;

import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Descriptors;
import io.pelagos.core.spec.ListenSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The descriptors of the JVM that a program gets from 3 on; those opened for it are closed. */
final class PassedDescriptors implements AutoCloseable {
    private static final int F_GETFD = 1;

    private final List<Integer> numbers = new ArrayList<>();
    private final List<Fd> opened = new ArrayList<>();
    private final List<Path> made = new ArrayList<>();

    private PassedDescriptors() {}

    /**
     * Looks at the descriptors that are passed, and opens the sockets that are to be opened.
     *
     * @throws InvalidSpecException when one is not open, or is no socket that listens
     * @throws SyscallFailedException when an address cannot be had; nothing is left
     */
    static PassedDescriptors open(SystemCalls calls, Descriptors descriptors) {
        var passed = new PassedDescriptors();
        try {
            var sockets = new ListeningSockets(calls);
            descriptors.listening().forEach(socket -> passed.add(sockets, socket));
            descriptors.preserved().forEach(number -> passed.add(calls, number));
            return passed;
        } catch (RuntimeException | Error e) {
            passed.undo();
            throw e;
        }
    }

    private void add(ListeningSockets sockets, ListenSocket socket) {
        switch (socket.source()) {
            case ListenSocket.Source.Address(var address) -> {
                try {
                    var fd = sockets.open(address);
                    opened.add(fd);
                    numbers.add(fd.number());
                } catch (ErrnoException e) {
                    throw SyscallFailedException.of(
                            "listening at " + address + " for \"" + socket.name() + "\"", e);
                }
                if (address instanceof UnixDomainSocketAddress unix) {
                    made.add(unix.getPath());
                }
            }
            case ListenSocket.Source.Channel(var channel) -> {
                try {
                    numbers.add(sockets.find(channel));
                } catch (IllegalArgumentException e) {
                    throw new InvalidSpecException("listen", e);
                }
            }
            case ListenSocket.Source.Descriptor(var number) -> {
                if (!sockets.listens(number)) {
                    throw new InvalidSpecException(
                            "listen",
                            Integer.toString(number),
                            "is no socket of this JVM that listens");
                }
                numbers.add(number);
            }
        }
    }

    private void add(SystemCalls calls, int number) {
        try {
            calls.fcntl(number, F_GETFD, 0);
        } catch (ErrnoException e) {
            throw new InvalidSpecException(
                    "preserveFds",
                    Integer.toString(number),
                    "is not open in this JVM (" + e.errno() + ")");
        }
        numbers.add(number);
    }

    /** Returns where each comes from, in the order of their numbers in the container. */
    List<Integer> numbers() {
        return numbers;
    }

    /** Closes what was opened, and removes what that had made. */
    void undo() {
        close();
        for (var path : made) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                throw new UncheckedIOException("removing " + path, e);
            }
        }
    }

    /** Closes what was opened: the program has its own. */
    @Override
    public void close() {
        opened.forEach(Fd::close);
    }
}
