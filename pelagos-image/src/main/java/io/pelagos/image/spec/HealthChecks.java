package io.pelagos.image.spec;

import io.pelagos.core.spec.HealthCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Docker's health checks as those of core. */
final class HealthChecks {
    private static final int SHELL_PARTS = 2;

    private HealthChecks() {}

    static @Nullable HealthCheck of(ImageConfig.Healthcheck check) {
        var test = check.test();
        if (test.isEmpty() || test.getFirst().equals("NONE")) {
            return null;
        }
        var made = HealthCheck.command(command(test).toArray(String[]::new));
        made =
                made.every(
                        duration(check.interval(), made.interval()),
                        duration(check.timeout(), made.timeout()));
        if (check.startPeriod() > 0) {
            made = made.starting(Duration.ofNanos(check.startPeriod()), made.startInterval());
        }
        return check.retries() > 0 ? made.retries(check.retries()) : made;
    }

    static ImageConfig.Healthcheck of(HealthCheck check) {
        if (!(check.test() instanceof HealthCheck.Command(var command))) {
            throw new IllegalArgumentException(
                    "healthCheck "
                            + check.test()
                            + ": an image can only have one that runs a program");
        }
        boolean shell =
                command.size() == SHELL_PARTS + 1
                        && command.subList(0, SHELL_PARTS).equals(List.of("/bin/sh", "-c"));
        var test = new ArrayList<String>();
        test.add(shell ? "CMD-SHELL" : "CMD");
        test.addAll(shell ? command.subList(SHELL_PARTS, SHELL_PARTS + 1) : command);
        return new ImageConfig.Healthcheck(
                test,
                check.interval().toNanos(),
                check.timeout().toNanos(),
                check.startPeriod().toNanos(),
                check.retries());
    }

    private static List<String> command(List<String> test) {
        return switch (test.getFirst()) {
            case "CMD" -> needed(test.subList(1, test.size()));
            case "CMD-SHELL" -> {
                if (test.size() != SHELL_PARTS) {
                    throw refused(test);
                }
                yield List.of("/bin/sh", "-c", test.get(1));
            }
            default -> throw refused(test);
        };
    }

    private static List<String> needed(List<String> command) {
        if (command.isEmpty() || command.getFirst().isEmpty()) {
            throw new BadContentException("config: Healthcheck: CMD: names no program");
        }
        return command;
    }

    private static BadContentException refused(List<String> test) {
        return new BadContentException(
                "config: Healthcheck: Test "
                        + test
                        + ": must be NONE, CMD with arguments, or CMD-SHELL with one command");
    }

    private static Duration duration(long nanoseconds, Duration usual) {
        return nanoseconds > 0 ? Duration.ofNanos(nanoseconds) : usual;
    }
}
