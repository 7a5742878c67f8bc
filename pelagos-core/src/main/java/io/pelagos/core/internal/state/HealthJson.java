package io.pelagos.core.internal.state;

import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.spec.HealthCheck;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Health checks as JSON: the field {@code health_check} of a state. */
final class HealthJson {
    private HealthJson() {}

    static void write(ObjectNode node, HealthCheck check) {
        var all = node.putObject("health_check");
        switch (check.test()) {
            case HealthCheck.Http(var port, var path) ->
                    all.put("type", "http").put("port", port).put("path", path);
            case HealthCheck.Tcp(var port) -> all.put("type", "tcp").put("port", port);
            case HealthCheck.Command(var command) -> {
                var words = all.put("type", "command").putArray("command");
                command.forEach(words::add);
            }
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
                    case "http" -> new HealthCheck.Http(all.smallNumber("port"), all.text("path"));
                    case "tcp" -> new HealthCheck.Tcp(all.smallNumber("port"));
                    case "command" -> new HealthCheck.Command(all.texts("command"));
                    default -> throw all.refuse("type", "must be one of http, tcp, command");
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
