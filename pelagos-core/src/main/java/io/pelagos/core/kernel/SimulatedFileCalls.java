package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.SimulatedCalls.has;
import static io.pelagos.core.kernel.SimulatedCalls.orAgain;
import static io.pelagos.core.kernel.SimulatedFile.BLOCKED;

/** Calls on descriptors and on the files that live in memory. */
final class SimulatedFileCalls {
    private static final long O_CLOEXEC = 0x80000;
    private static final int O_NONBLOCK = 0x800;
    private static final long CLOSE_RANGE_CLOEXEC = 4;
    private static final long MFD_CLOEXEC = 1;
    private static final long MFD_ALLOW_SEALING = 2;
    private static final int F_SEAL_SEAL = 1;
    private static final long EFD_SEMAPHORE = 1;
    private static final int F_DUPFD = 0;
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_GETPIPE_SZ = 1032;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;

    long perform(SimulatedCall call) {
        var table = call.process().table();
        return switch (call.syscall()) {
            case READ -> read(call);
            case WRITE -> {
                var file = table.file(call.integer(0));
                yield orAgain(file, file.put(call.bytes(1, call.integer(2))));
            }
            case PREAD64 -> {
                var bytes = memfd(call, 0).readAt(call.argument(3), call.integer(2));
                call.store(1, bytes);
                yield bytes.length;
            }
            case PWRITE64 ->
                    memfd(call, 0).writeAt(call.argument(3), call.bytes(1, call.integer(2)));
            case LSEEK -> memfd(call, 0).seek(call.argument(1), call.integer(2));
            case FTRUNCATE -> truncate(call);
            case COPY_FILE_RANGE -> copyRange(call);
            case CLOSE -> {
                table.close(call.integer(0));
                yield 0;
            }
            case CLOSE_RANGE -> closeRange(call);
            case DUP -> table.open(table.file(call.integer(0)), false);
            case DUP3 -> duplicate(call);
            case FCNTL -> control(call);
            case PIPE2 -> pipe(call);
            case MEMFD_CREATE -> {
                var file = new SimulatedMemfd();
                if (!has(call, 1, MFD_ALLOW_SEALING)) {
                    file.seal(F_SEAL_SEAL);
                }
                yield table.open(file, has(call, 1, MFD_CLOEXEC));
            }
            case EVENTFD2 -> {
                var file =
                        new SimulatedEvents.Eventfd(
                                call.integer(0) & 0xFFFF_FFFFL, has(call, 1, EFD_SEMAPHORE));
                file.flags = call.integer(1) & O_NONBLOCK;
                yield table.open(file, has(call, 1, O_CLOEXEC));
            }
            default -> throw new IllegalArgumentException(call.syscall().callName());
        };
    }

    private static long read(SimulatedCall call) {
        var file = call.process().table().file(call.integer(0));
        var bytes = file.take(call.process(), call.integer(2));
        if (bytes == null) {
            return orAgain(file, BLOCKED);
        }
        call.store(1, bytes);
        return bytes.length;
    }

    private static SimulatedMemfd memfd(SimulatedCall call, int index) {
        return call.process().table().file(call.integer(index), SimulatedMemfd.class, Errno.ESPIPE);
    }

    private static long truncate(SimulatedCall call) {
        var file = call.process().table().file(call.integer(0));
        return file instanceof SimulatedMemfd memfd ? memfd.truncate(call.argument(1)) : 0;
    }

    private static long copyRange(SimulatedCall call) {
        if (call.argument(5) != 0) {
            return -Errno.EINVAL.number();
        }
        var from = memfd(call, 0);
        var to = memfd(call, 2);
        long source = offset(call, 1, from);
        long target = offset(call, 3, to);
        var bytes = from.readAt(source, call.integer(4));
        long count = to.writeAt(target, bytes);
        if (count > 0) {
            advance(call, 1, from, source + count);
            advance(call, 3, to, target + count);
        }
        return count;
    }

    /** Reads the offset that an argument points to, or the file's own position. */
    private static long offset(SimulatedCall call, int index, SimulatedMemfd file) {
        long address = call.argument(index);
        return address == 0 ? file.seek(0, 1) : call.memory().readLong(address);
    }

    private static void advance(SimulatedCall call, int index, SimulatedMemfd file, long offset) {
        long address = call.argument(index);
        if (address == 0) {
            file.seek(offset, 0);
        } else {
            call.memory().writeLong(address, offset);
        }
    }

    private static long closeRange(SimulatedCall call) {
        long first = call.argument(0) & 0xFFFF_FFFFL;
        long last = call.argument(1) & 0xFFFF_FFFFL;
        if (first > last) {
            return -Errno.EINVAL.number();
        }
        call.process().table().closeRange(first, last, has(call, 2, CLOSE_RANGE_CLOEXEC));
        return 0;
    }

    private static long duplicate(SimulatedCall call) {
        var table = call.process().table();
        if (call.integer(0) == call.integer(1)) {
            return -Errno.EINVAL.number();
        }
        if (call.integer(1) < 0) {
            return -Errno.EBADF.number();
        }
        var file = table.file(call.integer(0));
        table.set(call.integer(1), file, has(call, 2, O_CLOEXEC));
        return call.integer(1);
    }

    private static long pipe(SimulatedCall call) {
        var pipe = new SimulatedPipe();
        pipe.readEnd.flags = call.integer(1) & O_NONBLOCK;
        pipe.writeEnd.flags = call.integer(1) & O_NONBLOCK;
        storePair(call, 0, pipe.readEnd, pipe.writeEnd, has(call, 1, O_CLOEXEC));
        return 0;
    }

    /** Opens two files and stores their numbers where an argument points to. */
    static void storePair(
            SimulatedCall call,
            int index,
            SimulatedFile one,
            SimulatedFile other,
            boolean closeOnExec) {
        var table = call.process().table();
        call.bytes(index, 8);
        call.memory().writeInt(call.argument(index), table.open(one, closeOnExec));
        call.memory().writeInt(call.argument(index) + 4, table.open(other, closeOnExec));
    }

    private static long control(SimulatedCall call) {
        var table = call.process().table();
        int fd = call.integer(0);
        var descriptor = table.get(fd);
        var file = descriptor.file();
        return switch (call.integer(1)) {
            case F_DUPFD -> table.openFrom(lowest(call), file, false);
            case F_DUPFD_CLOEXEC -> table.openFrom(lowest(call), file, true);
            case F_GETFD -> descriptor.closeOnExec() ? 1 : 0;
            case F_SETFD -> {
                table.setCloseOnExec(fd, has(call, 2, 1));
                yield 0;
            }
            case F_GETFL -> file.flags;
            case F_SETFL -> {
                file.flags = call.integer(2);
                yield 0;
            }
            case F_GETPIPE_SZ -> SimulatedPipe.CAPACITY;
            case F_ADD_SEALS ->
                    table.file(fd, SimulatedMemfd.class, Errno.EINVAL).seal(call.integer(2));
            case F_GET_SEALS -> table.file(fd, SimulatedMemfd.class, Errno.EINVAL).seals();
            default -> 0;
        };
    }

    private static int lowest(SimulatedCall call) {
        if (call.integer(2) < 0) {
            throw new SimulatedFailure(Errno.EINVAL);
        }
        return call.integer(2);
    }
}
