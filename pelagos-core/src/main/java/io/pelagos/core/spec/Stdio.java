package io.pelagos.core.spec;

import java.nio.channels.Channel;
import java.nio.file.Path;

/** Where a standard stream of a container leads. */
public sealed interface Stdio {
    /** A pipe to this JVM. */
    Stdio PIPE = new Pipe();

    /** Nothing to read, and what is written is discarded. */
    Stdio NULL = new Null();

    /** The same stream of the JVM. */
    Stdio INHERIT = new Inherit();

    /** A pipe to this JVM. */
    record Pipe() implements Stdio {}

    /** Nothing to read, and what is written is discarded. */
    record Null() implements Stdio {}

    /** The same stream of the JVM. */
    record Inherit() implements Stdio {}

    /**
     * A file of the host. For output it is made with permissions 0600 when it is missing.
     *
     * @param path the file
     * @param append whether output is added at the end instead of replacing the contents
     */
    record ToFile(Path path, boolean append) implements Stdio {}

    /**
     * A descriptor of this JVM, which is only used, not closed. Such a spec has no JSON form.
     *
     * @param number the descriptor's number
     */
    record Descriptor(int number) implements Stdio {
        /** Checks the number. */
        public Descriptor {
            if (number < 0) {
                throw new IllegalArgumentException("descriptor " + number + ": is negative");
            }
        }
    }

    /**
     * A channel of this JVM: a readable one for standard input, a writable one for output. Bytes
     * are copied by a virtual thread until the end of file; the channel is not closed. Such a spec
     * has no JSON form.
     *
     * @param channel the channel
     */
    record ToChannel(Channel channel) implements Stdio {}

    /**
     * A file, replaced by output.
     *
     * @param path the file
     * @return where the stream leads
     */
    static Stdio file(Path path) {
        return new ToFile(path, false);
    }

    /**
     * A file to which output is added.
     *
     * @param path the file
     * @return where the stream leads
     */
    static Stdio append(Path path) {
        return new ToFile(path, true);
    }
}
