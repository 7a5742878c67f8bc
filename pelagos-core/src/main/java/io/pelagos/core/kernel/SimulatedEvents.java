package io.pelagos.core.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Files that stand for something that may happen. */
final class SimulatedEvents {
    private SimulatedEvents() {}

    /** A counter, see eventfd(2). */
    static final class Eventfd extends SimulatedFile {
        private final boolean semaphore;
        private long count;

        Eventfd(long count, boolean semaphore) {
            this.count = count;
            this.semaphore = semaphore;
        }

        @Override
        byte @Nullable [] take(SimulatedProcess reader, int max) {
            if (max < 8) {
                throw new SimulatedFailure(Errno.EINVAL);
            }
            if (count == 0) {
                return null;
            }
            long taken = semaphore ? 1 : count;
            count -= taken;
            return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(taken).array();
        }

        @Override
        long put(byte[] bytes) {
            if (bytes.length < 8) {
                return -Errno.EINVAL.number();
            }
            count += ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
            return 8;
        }

        @Override
        int ready(SimulatedProcess reader) {
            return POLLOUT | (count > 0 ? POLLIN : 0);
        }
    }

    /** A process, see pidfd_open(2); readable when it has ended. */
    static final class Pidfd extends SimulatedFile {
        final SimulatedProcess process;

        Pidfd(SimulatedProcess process) {
            this.process = process;
        }

        @Override
        byte[] take(SimulatedProcess reader, int max) {
            throw new SimulatedFailure(Errno.EINVAL);
        }

        @Override
        int ready(SimulatedProcess reader) {
            return process.alive() ? 0 : POLLIN;
        }
    }

    /** Pending signals of whoever reads, see signalfd(2). */
    static final class Signalfd extends SimulatedFile {
        private static final int SIGNALFD_SIGINFO_SIZE = 128;

        long mask;

        Signalfd(long mask) {
            this.mask = mask;
        }

        @Override
        byte @Nullable [] take(SimulatedProcess reader, int max) {
            int signal = reader.signals().take(mask);
            return signal == 0
                    ? null
                    : ByteBuffer.allocate(SIGNALFD_SIGINFO_SIZE)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(signal)
                            .array();
        }

        @Override
        int ready(SimulatedProcess reader) {
            return reader.signals().pending(mask) ? POLLIN : 0;
        }
    }

    /** Many files waited for at once, see epoll(7); always level-triggered. */
    static final class Epoll extends SimulatedFile {
        private static final int EPOLLONESHOT = 1 << 30;
        private static final int EPOLL_CTL_ADD = 1;
        private static final int EPOLL_CTL_DEL = 2;

        private final Map<Integer, Interest> interests = new LinkedHashMap<>();

        /**
         * What is watched.
         *
         * @param file the file
         * @param events which events; none after a one-shot event
         * @param data what comes back with an event
         */
        private record Interest(SimulatedFile file, int events, long data) {}

        /**
         * What happened.
         *
         * @param events which events
         * @param data what was given with the interest
         */
        record Event(int events, long data) {}

        long control(int operation, int fd, SimulatedFile file, int events, long data) {
            var known = interests.get(fd);
            boolean same = known != null && known.file.equals(file);
            if (operation == EPOLL_CTL_ADD ? same : !same) {
                return -(same ? Errno.EEXIST : Errno.ENOENT).number();
            }
            if (operation == EPOLL_CTL_DEL) {
                interests.remove(fd);
            } else {
                interests.put(fd, new Interest(file, events, data));
            }
            return 0;
        }

        List<Event> poll(SimulatedProcess reader, int max) {
            var events = new ArrayList<Event>();
            for (var entry : interests.entrySet()) {
                var interest = entry.getValue();
                int ready = happened(interest, reader);
                if (ready != 0 && events.size() < max) {
                    events.add(new Event(ready, interest.data));
                    if ((interest.events & EPOLLONESHOT) != 0) {
                        entry.setValue(new Interest(interest.file, 0, interest.data));
                    }
                }
            }
            return events;
        }

        private static int happened(Interest interest, SimulatedProcess reader) {
            int wanted = interest.events == 0 ? 0 : interest.events | POLLERR | POLLHUP;
            return interest.file.ready(reader) & wanted;
        }

        @Override
        int ready(SimulatedProcess reader) {
            for (var interest : interests.values()) {
                if (happened(interest, reader) != 0) {
                    return POLLIN;
                }
            }
            return 0;
        }
    }
}
