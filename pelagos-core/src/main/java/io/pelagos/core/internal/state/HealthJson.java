package io.pelagos.core.internal.state;

import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.spec.HealthCheck;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Health checks as JSON: {@code health_config} with whole seconds for a command, as the Rust
 * implementation has it, and {@code health_check} with everything.
 */
final class HealthJson {
    private HealthJson() {}

    static void write(ObjectNode node, HealthCheck check) {
        if (check.test() instanceof HealthCheck.Command(var command)) {
            var config = node.putObject("health_config");
            command.forEach(config.putArray("cmd")::add);
            config.put("interval_secs", check.interval().toSeconds());
            config.put("timeout_secs", check.timeout().toSeconds());
            config.put("start_period_secs", check.startPeriod().toSeconds());
            config.put("retries", check.retries());
        }
        var all = node.putObject("health_check");
        switch (check.test()) {
            case HealthCheck.Command(var command) ->
                    command.forEach(all.put("type", "command").putArray("command")::add);
            case HealthCheck.Http(var port, var path) ->
                    all.put("type", "http").put("port", port).put("path", path);
            case HealthCheck.Tcp(var port) -> all.put("type", "tcp").put("port", port);
        }
        all.put("interval", check.interval().toString());
        all.put("timeout", check.timeout().toString());
        all.put("start_period", check.startPeriod().toString());
        all.put("start_interval", check.startInterval().toString());
        all.put("retries", check.retries());
    }

    static @Nullable HealthCheck read(JsonObject state) {
        var all = state.optionalObject("health_check");
        if (all == null) {
            return null;
        }
        var test =
                switch (all.text("type")) {
                    case "command" -> new HealthCheck.Command(all.texts("command"));
                    case "http" -> new HealthCheck.Http(all.smallNumber("port"), all.text("path"));
                    case "tcp" -> new HealthCheck.Tcp(all.smallNumber("port"));
                    default -> throw all.refuse("type", "must be one of command, http, tcp");
                };
        return new HealthCheck(
                test,
                all.text("interval", HealthJson::duration),
                all.text("timeout", HealthJson::duration),
                all.text("start_period", HealthJson::duration),
                all.text("start_interval", HealthJson::duration),
                all.smallNumber("retries"));
    }

    private static Duration duration(String text) {
        try {
            return Duration.parse(text);
        } catch (java.time.DateTimeException e) {
            throw new IllegalArgumentException("must be an ISO 8601 duration like PT1.5S", e);
        }
    }
}
