package io.pelagos.image.internal.registry;

import java.io.IOException;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import okhttp3.Call;

/**
 * Cancels a call when the thread that waits for it is interrupted, which a blocked socket by itself
 * would not notice. The flag of the thread stays set.
 */
final class InterruptibleCall extends AbstractInterruptibleChannel {
    private final Call call;

    InterruptibleCall(Call call) {
        this.call = call;
    }

    /** Something that may block on the network. */
    interface Waiting<T> {
        T get() throws IOException;
    }

    <T> T run(Waiting<T> waiting) throws IOException {
        boolean completed = false;
        begin();
        try {
            T result = waiting.get();
            completed = true;
            return result;
        } finally {
            end(completed);
        }
    }

    @Override
    protected void implCloseChannel() {
        call.cancel();
    }
}
