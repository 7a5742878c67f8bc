package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.Syscall.RECVMSG;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A word of the JVM that a plan waits for, with descriptors as rights (SCM_RIGHTS of unix(7)).
 *
 * @param header the {@code struct msghdr}
 * @param descriptors where the descriptors are; -1 for each that did not come
 */
record Message(Pointer header, List<Slot> descriptors) {
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int CMSG_HEADER = 16;

    /** Allocates a message with so many descriptors at the most. */
    static Message allocate(PlanBuilder plan, String what, int most) {
        var vector = plan.longs("word", plan.space("word", 8), 1);
        int length = CMSG_HEADER + (4 * most + 7 & ~7);
        // Each descriptor is loaded with the four bytes behind it, of which nobody looks at.
        var bytes = ByteBuffer.allocate(length + 8).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = CMSG_HEADER; at < bytes.capacity(); at += 4) {
            bytes.putInt(at, -1);
        }
        var rights = plan.bytes("rights", bytes.array());
        var slots = new ArrayList<Slot>();
        for (int i = 0; i < most; i++) {
            slots.add(new Pointer(rights.address() + CMSG_HEADER + 4 * i, what).value());
        }
        // struct msghdr { name; namelen; iov; iovlen; control; controllen; flags; }
        var header =
                plan.longs(
                        "{word, SCM_RIGHTS " + what + "}",
                        0,
                        0,
                        vector,
                        1,
                        most == 0 ? null : rights,
                        most == 0 ? 0 : length,
                        0);
        return new Message(header, List.copyOf(slots));
    }

    /** Waits for it; end of file means that the JVM has ended or given up. */
    void receive(PlanBuilder plan, Channels channels, Label ended) {
        receive(plan, channels.control(), ended);
    }

    /** Waits for it at another socket; only its first byte is taken. */
    void receive(PlanBuilder plan, Object socket, Label ended) {
        var count = plan.slot("count");
        var received = new Label();
        plan.call(RECVMSG, socket, header, MSG_CMSG_CLOEXEC).into(count);
        plan.whenResult(count, 1, received);
        plan.jump(ended);
        plan.here(received);
    }
}
