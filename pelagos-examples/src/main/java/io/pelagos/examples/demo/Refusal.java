package io.pelagos.examples.demo;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Result;
import io.pelagos.core.spec.Exit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Something that a program in a container tried.
 *
 * @param attempt what it tried
 * @param refused whether it was refused as it should be
 * @param evidence what the program said, or how it ended
 */
public record Refusal(String attempt, boolean refused, String evidence) {
    /**
     * Tries what must be refused.
     *
     * @param pelagos who starts the containers
     * @return what came of each
     * @throws InterruptedException when the thread is interrupted
     */
    public static List<Refusal> all(Pelagos pelagos) throws InterruptedException {
        var refusals = new ArrayList<Refusal>();
        refusals.add(
                attempt(
                        pelagos,
                        "write to /usr",
                        says("Read-only file system"),
                        "touch",
                        "/usr/written"));
        refusals.add(
                attempt(
                        pelagos,
                        "make a user namespace (a system call that the filter blocks)",
                        says("Operation not permitted"),
                        "unshare",
                        "--user",
                        "true"));
        refusals.add(
                attempt(
                        pelagos,
                        "allocate without end",
                        result -> result.exit() instanceof Exit.OutOfMemory,
                        "tail",
                        "/dev/zero"));
        return refusals;
    }

    private static Refusal attempt(
            Pelagos pelagos, String attempt, Predicate<Result> refused, String... command)
            throws InterruptedException {
        var result = Sandbox.of(pelagos).command(command).run();
        var said = result.stderr().strip();
        return new Refusal(
                attempt, refused.test(result), said.isEmpty() ? result.exit().toString() : said);
    }

    private static Predicate<Result> says(String reason) {
        return result -> !result.success() && result.stderr().contains(reason);
    }
}
