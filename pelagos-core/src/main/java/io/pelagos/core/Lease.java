package io.pelagos.core;

import io.pelagos.core.kernel.ErrnoException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Says, to every process on this machine, that somebody needs layers: as long as it lasts, nobody
 * removes them. It lasts until it is closed, or the process that has it ends, however that ends.
 * Safe for use by many threads.
 */
public final class Lease implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Lease.class.getName());

    private final Leases leases;
    private final String holder;
    private final List<Path> layers;
    private final ReentrantLock lock = new ReentrantLock();
    private String file;

    /** With the name of no file it is one that could not be written down. */
    Lease(Leases leases, String holder, List<Path> layers, String file) {
        this.leases = leases;
        this.holder = holder;
        this.layers = List.copyOf(layers);
        this.file = file;
    }

    /**
     * Returns who needs them.
     *
     * @return the name of a container, or what the caller has said
     */
    public String holder() {
        return holder;
    }

    /**
     * Returns what is needed.
     *
     * @return directories of layers
     */
    public List<Path> layers() {
        return layers;
    }

    /** Lets another process have it, which lives; at every moment one of the two has it. */
    void giveTo(long pid) {
        lock.lock();
        try {
            var before = file;
            file = leases.write(holder, layers, pid);
            leases.remove(before);
        } finally {
            lock.unlock();
        }
    }

    /** Ends it. */
    @Override
    public void close() {
        lock.lock();
        try {
            leases.remove(file);
            file = Leases.NO_FILE;
        } catch (ErrnoException e) {
            // Whoever looks after this process has ended finds that it is no longer in force.
            LOG.log(System.Logger.Level.WARNING, "removing the lease " + file, e);
        } finally {
            lock.unlock();
        }
    }
}
