package io.pelagos.examples.cli;

import io.pelagos.core.ContainerInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.JsonNodeFactory;

/** What is printed about containers. */
final class ContainerColumns {
    private static final int SHORT_ID = 12;
    private static final int SHORT_COMMAND = 30;

    private ContainerColumns() {}

    /**
     * Returns the listing.
     *
     * @param full whether a table shows ids and commands in full
     */
    static Listing<ContainerInfo> listing(boolean full) {
        return new Listing<>(
                List.of(
                        Column.<ContainerInfo>text("id", "CONTAINER ID", ContainerInfo::id)
                                .shown(i -> full ? i.id() : i.id().substring(0, SHORT_ID)),
                        Column.text("name", "NAME", ContainerInfo::name),
                        Column.text("rootfs", "ROOTFS", ContainerInfo::rootfs),
                        new Column<>(
                                "command",
                                "COMMAND",
                                i -> {
                                    var words = JsonNodeFactory.instance.arrayNode();
                                    i.command().forEach(words::add);
                                    return words;
                                },
                                i -> shortened(String.join(" ", i.command()), full)),
                        Column.<ContainerInfo>text("created", "CREATED", i -> i.createdAt() + "")
                                .shown(i -> ago(i.createdAt())),
                        Column.text("started", "STARTED", i -> i.startedAt().toString()),
                        Column.<ContainerInfo>text("status", "STATUS", i -> word(i.status()))
                                .shown(ContainerColumns::status),
                        Column.number("pid", "PID", i -> (long) i.pid()),
                        new Column<>(
                                "exit_code",
                                "EXIT CODE",
                                i ->
                                        i.exit() == null
                                                ? JsonNodeFactory.instance.nullNode()
                                                : JsonNodeFactory.instance.numberNode(
                                                        i.exit().code()),
                                i -> i.exit() == null ? "" : Integer.toString(i.exit().code())),
                        Column.text("health", "HEALTH", i -> word(i.health())),
                        Column.text("restart", "RESTART", i -> i.restart().toString()),
                        new Column<>(
                                "labels",
                                "LABELS",
                                i -> {
                                    var labels = JsonNodeFactory.instance.objectNode();
                                    i.labels().forEach(labels::put);
                                    return labels;
                                },
                                i -> i.labels().toString())),
                List.of("id", "name", "rootfs", "command", "created", "status"));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String shortened(String text, boolean full) {
        return full || text.length() <= SHORT_COMMAND
                ? text
                : text.substring(0, SHORT_COMMAND - 1) + "…";
    }

    private static String status(ContainerInfo info) {
        var exit = info.exit();
        if (exit != null) {
            var at = info.finishedAt();
            return "exited (" + exit.code() + ")" + (at == null ? "" : " " + ago(at));
        }
        var health =
                info.health() == ContainerInfo.Health.NONE ? "" : " (" + word(info.health()) + ")";
        return "running " + span(info.startedAt()) + health;
    }

    private static String ago(Instant time) {
        return span(time) + " ago";
    }

    /** How long ago something was, in its largest unit. */
    private static String span(Instant time) {
        var since = Duration.between(time, Instant.now());
        if (since.toDays() > 0) {
            return since.toDays() + " d";
        }
        if (since.toHours() > 0) {
            return since.toHours() + " h";
        }
        return since.toMinutes() > 0
                ? since.toMinutes() + " min"
                : Math.max(0, since.toSeconds()) + " s";
    }
}
