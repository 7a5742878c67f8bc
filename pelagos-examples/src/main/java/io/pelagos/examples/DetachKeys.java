package io.pelagos.examples;

import java.io.ByteArrayOutputStream;

/** Finds control-P control-Q in what is typed; a control-P alone is passed on with what follows. */
final class DetachKeys {
    private static final byte CONTROL_P = 16;
    private static final byte CONTROL_Q = 17;

    private boolean held;
    private boolean typed;

    /**
     * Takes what was typed.
     *
     * @param bytes a buffer
     * @param count how many bytes of it were typed
     * @return what is to be passed on: nothing behind the keys
     */
    byte[] pass(byte[] bytes, int count) {
        var passed = new ByteArrayOutputStream(count + 1);
        for (int i = 0; i < count && !typed; i++) {
            if (held && bytes[i] == CONTROL_Q) {
                typed = true;
                break;
            }
            if (held) {
                passed.write(CONTROL_P);
            }
            held = bytes[i] == CONTROL_P;
            if (!held) {
                passed.write(bytes[i]);
            }
        }
        return passed.toByteArray();
    }

    /** Tells whether the keys were typed. */
    boolean typed() {
        return typed;
    }
}
