package io.pelagos.examples.stories;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Ready;
import io.pelagos.core.Rootfs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Data is loaded once, and each test has its own copy of it, made on write. */
public final class WarmDatabase {
    private WarmDatabase() {}

    /**
     * Loads data in one container, and runs tests on copies of it.
     *
     * @param root a root file system
     * @param load a script that loads the data and then prints a line
     * @param tests scripts
     * @return what the tests print
     * @throws InterruptedException when the thread is interrupted
     */
    public static List<String> run(Path root, String load, List<String> tests)
            throws InterruptedException {
        var printed = new ArrayList<String>();
        try (var pelagos = Pelagos.open();
                var database =
                        pelagos.container(Rootfs.layers(List.of(root)))
                                .command("/bin/sh", "-c", load + "; exec /bin/sleep 1000")
                                .awaitReady(Ready.log("."))
                                .start()) {
            try (var warm = database.snapshot()) {
                for (var test : tests) {
                    var mine = warm.fork().command("/bin/sh", "-c", test).run();
                    printed.add(mine.stdout().strip());
                }
            }
        }
        return printed;
    }

    /**
     * Prints what tests print.
     *
     * @param args a root file system, the script that loads, and the tests
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        var tests = List.of(args).subList(2, args.length);
        run(Path.of(args[0]), args[1], tests).forEach(System.out::println);
    }
}
