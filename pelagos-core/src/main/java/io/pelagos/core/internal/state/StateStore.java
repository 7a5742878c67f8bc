package io.pelagos.core.internal.state;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.internal.launch.Ending;
import io.pelagos.core.internal.state.ContainerState.End;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Stats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The states of all detached containers of this user.
 *
 * <p>A state is written under the lock of its container; it is read without one, since a file is
 * replaced as a whole. A reader that finds that a run has ended completes the state.
 */
public final class StateStore {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    /** The file of a {@link FreezeMark}. */
    public static final String FREEZE = "freeze.lock";

    private static final String STATE = "state.json";

    /** It never changes, and whoever lists containers does not read it. */
    private static final String SPEC = "spec.json";

    private static final int LARGEST_STATE = 1 << 22;
    private static final int LARGEST_COUNTER = 32;

    private final SystemCalls calls;
    private final PelagosPaths paths;
    private final long owner;
    private volatile @Nullable String bootId;
    private final Map<String, ReentrantLock> locks = new ConcurrentHashMap<>();
    private final Map<String, ReentrantLock> freezeLocks = new ConcurrentHashMap<>();

    /**
     * Makes a store; nothing is touched before it is used.
     *
     * @param calls makes the calls
     * @param paths where the states are
     */
    public StateStore(SystemCalls calls, PelagosPaths paths) {
        this.calls = calls;
        this.paths = paths;
        owner = calls.retry(Syscall.GETEUID);
    }

    /**
     * What is there.
     *
     * @param states the states of all containers, in the order in which they were started
     * @param problems what is there and no state of a container: a sentence for each
     */
    public record Listing(List<ContainerState> states, List<String> problems) {}

    /** Returns whether a text can be the name of a container. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** Returns all states; what cannot be read is reported, not followed. */
    public Listing list() {
        var states = new ArrayList<ContainerState>();
        var problems = new ArrayList<String>();
        try (var all = openAll()) {
            if (all == null) {
                return new Listing(states, problems);
            }
            for (var name : all.names()) {
                try {
                    requireName(name);
                    read(all, name).ifPresent(states::add);
                } catch (HostileFileException | ErrnoException e) {
                    problems.add(String.valueOf(e.getMessage()));
                }
            }
        } catch (HostileFileException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        states.sort(
                Comparator.comparing((ContainerState s) -> s.run().startedAt())
                        .thenComparing(ContainerState::name));
        return new Listing(List.copyOf(states), List.copyOf(problems));
    }

    private static void requireName(String name) {
        if (!isName(name)) {
            throw new HostileFileException(
                    SystemCalls.quote(name), "cannot be the name of a container");
        }
    }

    /**
     * Returns the state of a container, completed when its run has ended.
     *
     * @param name its name
     * @return the state, or empty when there is no such container
     * @throws HostileFileException when what is there is no state
     */
    public Optional<ContainerState> read(String name) {
        try (var all = openAll()) {
            return all == null ? Optional.empty() : read(all, name);
        }
    }

    private Optional<ContainerState> read(OwnedDirectory all, String name) {
        try (var directory = all.child(name)) {
            return readState(directory, name).map(this::adopt).map(s -> current(directory, s));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Optional<ContainerState> readState(OwnedDirectory directory, String name) {
        var bytes = directory.read(STATE, LARGEST_STATE);
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        try {
            var state = StateJson.read(new String(bytes.get(), StandardCharsets.UTF_8));
            // The directory has the name; who renames it writes the state afterwards.
            return Optional.of(state.name().equals(name) ? state : state.renamed(name));
        } catch (IllegalArgumentException e) {
            throw new HostileFileException(directory.path() + "/" + STATE, e);
        }
    }

    /** Marks the processes of a state that another implementation has written. */
    private ContainerState adopt(ContainerState state) {
        var run = state.run();
        var process = run.process();
        if (process == null || !process.bootId().isEmpty() || state.status() != Status.RUNNING) {
            return state;
        }
        return state.running(
                marked(process),
                run.supervisor() == null ? null : marked(run.supervisor()),
                run.cgroups(),
                run.mountNamespace(),
                run.stdin(),
                run.terminal());
    }

    private ProcessMark marked(ProcessMark foreign) {
        return ProcessMark.of(calls, foreign.pid()).orElse(foreign);
    }

    /** Completes a state whose run has ended, on disk too unless somebody else is changing it. */
    private ContainerState current(OwnedDirectory directory, ContainerState state) {
        var end = state.status() == Status.RUNNING ? end(directory, state) : null;
        if (end == null) {
            return state;
        }
        var completed = state.ended(end);
        var lock = lockOf(state.name());
        if (lock.isHeldByCurrentThread()) {
            writeTo(directory, completed);
        } else if (lock.tryLock()) {
            try (var file = FileLock.tryAcquire(calls, lockFile(state.name())).orElse(null)) {
                var now = file == null ? null : readState(directory, state.name()).orElse(null);
                if (now != null && now.run().startedAt().equals(state.run().startedAt())) {
                    writeTo(directory, completed);
                }
            } finally {
                lock.unlock();
            }
        }
        return completed;
    }

    private @Nullable End end(OwnedDirectory directory, ContainerState state) {
        if (state.run().process() == null) {
            return null;
        }
        var record = ending(directory);
        if (record == null && !isSupervised(state)) {
            // It may have left the record between the two looks.
            record = ending(directory);
            if (record == null && !isAlive(state.run().process())) {
                return new End(Instant.now(), EndRecord.UNSEEN);
            }
        }
        return record;
    }

    private static @Nullable End ending(OwnedDirectory directory) {
        return directory.read(Ending.FILE, Ending.LARGEST).map(EndRecord::read).orElse(null);
    }

    private boolean isSupervised(ContainerState state) {
        return isAlive(state.run().supervisor());
    }

    /** It is the same for as long as this JVM lives; two threads may read it at once. */
    private String bootId() {
        var known = bootId;
        if (known == null) {
            known = ProcessMark.bootId(calls);
            bootId = known;
        }
        return known;
    }

    private boolean isAlive(@Nullable ProcessMark mark) {
        return mark != null && mark.isAlive(calls, bootId());
    }

    /**
     * Returns how the run of a container ended, as its supervisor has left it.
     *
     * @param directory the directory of the container
     * @return how, or empty when there is no record
     */
    public static Optional<End> readEnd(OwnedDirectory directory) {
        return Optional.ofNullable(ending(directory));
    }

    /**
     * Returns how often the container met limits of memory until it ended, as its supervisor has
     * left it.
     *
     * @param state a container
     * @return the counters, or empty when there is no record, or nobody counted
     */
    public Optional<Stats.Events> memoryEvents(ContainerState state) {
        try (var all = openAll()) {
            if (all == null) {
                return Optional.empty();
            }
            try (var directory = all.child(state.name())) {
                return directory.read(Ending.FILE, Ending.LARGEST).flatMap(EndRecord::memoryEvents);
            }
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Makes the directory of a new container and writes its first state.
     *
     * @param state the state
     * @param spec everything that the container is made with
     * @return the directory, to be closed
     * @throws ErrnoException with EEXIST when there is one
     */
    public OwnedDirectory create(ContainerState state, ContainerSpec spec) {
        try (var all = makeAll()) {
            all.make(state.name());
            OwnedDirectory directory = null;
            try {
                directory = all.child(state.name());
                write(directory, SPEC, spec.toJson());
                writeTo(directory, state);
                return directory;
            } catch (RuntimeException | Error e) {
                if (directory != null) {
                    directory.close();
                }
                removeTree(all, state.name());
                throw e;
            }
        }
    }

    /**
     * Opens the directory of a container.
     *
     * @param name its name
     * @return the directory, to be closed
     * @throws ErrnoException with ENOENT when there is none
     */
    public OwnedDirectory directory(String name) {
        try (var all = makeAll()) {
            return all.child(name);
        }
    }

    /** Opens the directory of all containers, which is made when it is not there. */
    public OwnedDirectory all() {
        return makeAll();
    }

    /** Writes a state; its lock is held. */
    public void write(ContainerState state) {
        try (var directory = directory(state.name())) {
            writeTo(directory, state);
        }
    }

    /** Writes a state into a directory that is open; its lock is held. */
    public void writeTo(OwnedDirectory directory, ContainerState state) {
        write(
                directory,
                STATE,
                StateJson.write(state, paths.containers().containerDir(state.name())));
    }

    private static void write(OwnedDirectory directory, String file, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > LARGEST_STATE) {
            throw new IllegalArgumentException(
                    directory.path()
                            + "/"
                            + file
                            + ": would have "
                            + bytes.length
                            + " bytes, more than "
                            + LARGEST_STATE);
        }
        directory.write(file, bytes);
    }

    /**
     * Returns everything that a container was made with.
     *
     * @param name its name
     * @return the specification, or empty when another implementation has made the container
     * @throws HostileFileException when it cannot be read
     */
    public Optional<ContainerSpec> spec(String name) {
        try (var directory = directory(name)) {
            return directory
                    .read(SPEC, LARGEST_STATE)
                    .map(
                            bytes ->
                                    ContainerSpec.fromJson(
                                            new String(bytes, StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException e) {
            throw new HostileFileException(name + "/" + SPEC, e);
        }
    }

    /**
     * Changes a state under its lock.
     *
     * @param name the name of the container
     * @param change what it becomes
     * @return what it has become, or empty when there is no such container
     */
    public Optional<ContainerState> update(String name, UnaryOperator<ContainerState> change) {
        return locked(
                name,
                () -> {
                    var changed = read(name).map(change);
                    changed.ifPresent(this::write);
                    return changed;
                });
    }

    /** Removes a directory of this user's; a link in its place is refused. */
    private void removeTree(OwnedDirectory all, String name) {
        all.child(name).close();
        TreeRemoval.remove(new FileCalls(calls), all.fd(), name);
    }

    /** Removes everything of a container; its lock is held. Nothing when there is none. */
    public void remove(String name) {
        try (var all = makeAll()) {
            removeTree(all, name);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /**
     * Removes directories without a state, which somebody has left who died while making them, as
     * long as nothing else is in them than Pelagos writes.
     *
     * @param own how the names of such files begin
     * @return the names of those that were removed
     */
    public List<String> removeStateless(List<String> own) {
        var removed = new ArrayList<String>();
        try (var all = openAll()) {
            if (all == null) {
                return removed;
            }
            for (var name : all.names()) {
                if (isName(name) && isStateless(all, name, own)) {
                    boolean gone =
                            locked(
                                    name,
                                    () -> {
                                        boolean still = isStateless(all, name, own);
                                        if (still) {
                                            removeTree(all, name);
                                        }
                                        return still;
                                    });
                    if (gone) {
                        removed.add(name);
                    }
                }
            }
        } catch (HostileFileException e) {
            // Reported by list() already, and left alone.
            return removed;
        }
        return removed;
    }

    private static boolean isStateless(OwnedDirectory all, String name, List<String> own) {
        try (var directory = all.child(name)) {
            var files = directory.names();
            return !files.contains(STATE)
                    && files.stream().allMatch(file -> own.stream().anyMatch(file::startsWith));
        } catch (HostileFileException e) {
            return false;
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return false;
            }
            throw e;
        }
    }

    /**
     * Gives a container another name. The supervisor of a running one is not disturbed.
     *
     * @param from its name
     * @param to a name that is free
     * @return its state, or empty when there is no such container
     * @throws ErrnoException with EEXIST when the name is taken
     */
    public Optional<ContainerState> rename(String from, String to) {
        // Always in the same order, so that two renames cannot wait for each other.
        var first = from.compareTo(to) < 0 ? from : to;
        var second = first.equals(from) ? to : from;
        return locked(
                first,
                () ->
                        locked(
                                second,
                                () -> {
                                    var state = read(from).map(s -> s.renamed(to));
                                    state.ifPresent(renamed -> move(from, renamed));
                                    return state;
                                }));
    }

    private void move(String from, ContainerState renamed) {
        try (var all = makeAll()) {
            all.rename(from, all, renamed.name(), true);
            try (var directory = all.child(renamed.name())) {
                writeTo(directory, renamed);
            }
        }
    }

    /**
     * Does something while nobody else, in this JVM or another, changes a container.
     *
     * @param name the name of the container
     * @param action what is done
     * @return what it returns
     * @param <T> what it returns
     */
    public <T> T locked(String name, Supplier<T> action) {
        var lock = lockOf(name);
        boolean outer = !lock.isHeldByCurrentThread();
        lock.lock();
        try {
            if (!outer) {
                return action.get();
            }
            makeAll().close();
            try (var _ = FileLock.acquire(calls, lockFile(name))) {
                return action.get();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does something while nobody else, in this JVM or another, freezes a container or lets it go
     * on; waits until then.
     *
     * @param name the name of the container
     * @param action what is done
     * @return what it returns
     * @param <T> what it returns
     * @throws ErrnoException with ENOENT when there is no such container
     * @throws IllegalStateException when this thread does so already
     */
    public <T extends @Nullable Object> T freezing(String name, Function<FreezeMark, T> action) {
        var lock = freezeLocks.computeIfAbsent(name, _ -> new ReentrantLock());
        if (lock.isHeldByCurrentThread()) {
            throw new IllegalStateException(
                    "the files of the container " + name + " are being copied by this thread");
        }
        lock.lock();
        try (var all = makeAll();
                var directory = all.child(name);
                var file =
                        FileLock.await(
                                calls, () -> directory.openOrMake(FREEZE, FreezeMark.LARGEST))) {
            return action.apply(new FreezeMark(calls, file));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets a container go on that somebody froze who has died since.
     *
     * @param name the name of the container
     * @param thaw what lets it go on
     * @return whether that was so
     */
    public boolean thawAbandoned(String name, Runnable thaw) {
        try (var all = makeAll();
                var directory = all.child(name)) {
            // Nearly none was ever frozen, and none of those needs the file.
            if (!directory.names().contains(FREEZE)) {
                return false;
            }
            try (var file =
                    FileLock.tryAcquire(
                                    calls, () -> directory.openOrMake(FREEZE, FreezeMark.LARGEST))
                            .orElse(null)) {
                if (file == null) {
                    return false;
                }
                var mark = new FreezeMark(calls, file);
                boolean abandoned = mark.isSet();
                if (abandoned) {
                    thaw.run();
                    mark.clear();
                }
                return abandoned;
            }
        }
    }

    private ReentrantLock lockOf(String name) {
        return locks.computeIfAbsent(name, _ -> new ReentrantLock());
    }

    private String lockFile(String name) {
        return paths.containers().lockFile(name).toString();
    }

    /** Returns the next name of the form {@code pelagos-N} that no container has. */
    public String nextName() {
        makeAll().close();
        var file = paths.containers().containerCounterFile().toString();
        try (var lock = FileLock.acquire(calls, file)) {
            long number = counter(lock);
            String name;
            do {
                number++;
                name = "pelagos-" + number;
            } while (Files.exists(paths.containers().containerDir(name)));
            count(lock, number);
            return name;
        }
    }

    private long counter(FileLock lock) {
        var text =
                new String(
                        calls.readFully(lock.file().number(), LARGEST_COUNTER),
                        StandardCharsets.US_ASCII);
        // Empty when its writer died between truncating and writing: names in use are skipped.
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    private void count(FileLock lock, long number) {
        int fd = lock.file().number();
        SystemCalls.check(calls.retry(Syscall.FTRUNCATE, fd, 0), Syscall.FTRUNCATE, fd, 0);
        SystemCalls.check(calls.retry(Syscall.LSEEK, fd, 0, 0), Syscall.LSEEK, fd, 0, 0);
        calls.writeFully(fd, Long.toString(number).getBytes(StandardCharsets.US_ASCII));
    }

    /** Returns the directory of all containers, or null when there is none yet. */
    private @Nullable OwnedDirectory openAll() {
        try {
            return OwnedDirectory.open(calls, paths.containers().containersDir().toString(), owner);
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case ENOENT -> null;
                case ENOTDIR, ELOOP ->
                        throw new HostileFileException(
                                paths.containers().containersDir().toString(),
                                "is a link or a file, not a directory");
                default -> throw e;
            };
        }
    }

    private OwnedDirectory makeAll() {
        try {
            paths.createRuntimeDir();
            make(paths.containers().containersDir());
            make(paths.containers().lockFile("x").getParent());
        } catch (IOException e) {
            throw new UncheckedIOException("making the directory of all containers", e);
        }
        var all = openAll();
        if (all == null) {
            throw new HostileFileException(
                    paths.containers().containersDir().toString(), "was removed meanwhile");
        }
        return all;
    }

    private static void make(@Nullable Path directory) throws IOException {
        if (directory != null) {
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
    }
}
