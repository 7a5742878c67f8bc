package io.pelagos.examples.cli;

/** A command that can be asked for stack traces. */
interface Debuggable {
    /** Tells whether a message of failure has the stack trace. */
    boolean debug();
}
