package io.pelagos.core.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test that leaves something on the machine: a process or a zombie, a cgroup, a mount, a
 * descriptor, a memfd, or a file in a watched directory.
 *
 * <p>What is on its way out has a few seconds to go. Each test is checked after its
 * {@code @AfterEach} methods, and the class after its {@code @AfterAll} methods: an open {@code
 * Pelagos} that the tests of a class share may open what it needs at its first use, but all of it
 * has to be gone in the end.
 *
 * <pre>{@code
 * @ExtendWith(LeakCheck.class)
 * class SomeIT { ... }
 *
 * @RegisterExtension static final LeakCheck LEAKS = LeakCheck.watching(directory);
 * }</pre>
 */
public final class LeakCheck
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace STORE =
            ExtensionContext.Namespace.create(LeakCheck.class);
    private static final Duration GRACE = Duration.ofSeconds(1);

    /**
     * What the JDK itself closes, such as the pipes of a process that was killed, takes its time.
     */
    private static final Duration LONGER = Duration.ofSeconds(5);

    private static final long PAUSE = Duration.ofMillis(10).toNanos();

    static {
        // From its first socket channel on the JDK keeps one socket, which it closes others with.
        try (var server = ServerSocketChannel.open();
                var client = SocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            client.connect(server.getLocalAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final List<Path> watched;

    /** Makes a check that watches no directory. */
    public LeakCheck() {
        this(List.of());
    }

    private LeakCheck(List<Path> watched) {
        this.watched = watched;
    }

    /**
     * Makes a check that watches directories too.
     *
     * @param directories where no file may be left
     * @return an extension to register
     */
    public static LeakCheck watching(Path... directories) {
        return new LeakCheck(List.of(directories));
    }

    /**
     * Looks until what came since an earlier look has gone, or a second has passed.
     *
     * @param before the earlier look
     * @param watched directories whose files count
     * @return what is left
     */
    public static List<String> leftSince(Footprint before, List<Path> watched) {
        return await(before, watched, false, GRACE);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        remember(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        remember(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        check(context, true);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        check(context, false);
    }

    private void remember(ExtensionContext context) {
        context.getStore(STORE).put(context.getUniqueId(), Footprint.take(watched));
    }

    private void check(ExtensionContext context, boolean open) {
        var before = context.getStore(STORE).get(context.getUniqueId(), Footprint.class);
        var left = await(Objects.requireNonNull(before), watched, open, LONGER);
        if (!left.isEmpty()) {
            throw new AssertionError(
                    context.getDisplayName() + " left behind:\n  " + String.join("\n  ", left));
        }
    }

    private static List<String> await(
            Footprint before, List<Path> watched, boolean open, Duration grace) {
        long end = System.nanoTime() + grace.toNanos();
        List<String> left = null;
        while (true) {
            var now = Footprint.take(watched).since(before);
            if (left == null) {
                left = new ArrayList<>(now);
                left.removeIf(thing -> open && belongsToAnOpenPelagos(thing));
            }
            // What comes and goes meanwhile belongs to somebody else.
            left.retainAll(now);
            if (left.isEmpty() || System.nanoTime() - end > 0) {
                return left;
            }
            LockSupport.parkNanos(PAUSE);
        }
    }

    private static boolean belongsToAnOpenPelagos(String thing) {
        return thing.startsWith("descriptor ")
                && (thing.endsWith("anon_inode:[eventpoll]")
                        || thing.endsWith("anon_inode:[eventfd]"));
    }
}
