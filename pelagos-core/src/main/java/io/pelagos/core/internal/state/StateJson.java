package io.pelagos.core.internal.state;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.internal.state.ContainerState.End;
import io.pelagos.core.internal.state.ContainerState.Health;
import io.pelagos.core.internal.state.ContainerState.PastRun;
import io.pelagos.core.internal.state.ContainerState.Run;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.ContainerState.Upkeep;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.spec.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The state of a container as JSON. The fields that the Rust implementation has are there under its
 * names and with its meanings, so that each can list what the other has made; what else there is
 * stands beside them. The options to start a container again are kept in a file of their own, and
 * not as {@code spawn_config}: the other implementation would start it with less confinement.
 */
final class StateJson {
    private static final String DOCUMENT = "state.json";

    private StateJson() {}

    static String write(ContainerState state, Path directory) {
        var node = Json.object();
        var run = state.run();
        node.put("name", state.name());
        node.put("rootfs", state.rootfs());
        node.put("status", JsonObject.nameOf(state.status()));
        node.put("pid", run.process() == null ? 0 : run.process().pid());
        node.put("watcher_pid", run.supervisor() == null ? 0 : run.supervisor().pid());
        node.put("started_at", run.startedAt().truncatedTo(ChronoUnit.SECONDS).toString());
        if (state.end() == null) {
            node.putNull("exit_code");
        } else {
            node.put("exit_code", state.end().exit().code());
        }
        state.command().forEach(node.putArray("command")::add);
        node.put("stdout_log", directory.resolve(Logs.STDOUT).toString());
        node.put("stderr_log", directory.resolve(Logs.STDERR).toString());
        texts(node, "labels", state.labels());
        var check = state.upkeep().healthCheck();
        if (check != null) {
            node.put("health", JsonObject.nameOf(state.health()));
            HealthJson.write(node, check);
        }
        if (run.mountNamespace() != 0) {
            node.put("mnt_ns_inode", run.mountNamespace());
        }
        run.cgroups().values().stream()
                .findFirst()
                .ifPresent(
                        path -> node.put("cgroup_name", path.substring(path.lastIndexOf('/') + 1)));
        if (run.stdin() != 0) {
            node.put("stdin", run.stdin()).put("tty", run.terminal());
        }
        node.put(
                "oom_killed",
                state.end() != null && state.end().exit() instanceof Exit.OutOfMemory);
        node.put("id", state.id());
        node.put("created_at", state.createdAt().toString());
        node.put("run_at", run.startedAt().toString());
        mark(node, "starter", run.starter());
        mark(node, "process", run.process());
        mark(node, "supervisor", run.supervisor());
        texts(node, "cgroups", run.cgroups());
        if (state.end() != null) {
            node.put("finished_at", state.end().at().toString());
            exit(node.putObject("exit"), state.end().exit());
        }
        past(node, state.past());
        node.put("restart", state.upkeep().restart().toString());
        node.put("restart_count", state.restarts());
        node.put("stopped", state.stopped());
        node.put("log_bound", state.upkeep().logBound());
        node.put("rm", state.upkeep().removed());
        return Json.print(node);
    }

    private static void past(ObjectNode node, List<PastRun> past) {
        if (past.isEmpty()) {
            return;
        }
        var runs = node.putArray("past_runs");
        for (var run : past) {
            var object =
                    runs.addObject()
                            .put("run_at", run.startedAt().toString())
                            .put("pid", run.pid())
                            .put("finished_at", run.end().at().toString())
                            .put("stopped", run.stopped());
            exit(object.putObject("exit"), run.end().exit());
        }
    }

    private static List<PastRun> past(JsonObject object) {
        return object.objects("past_runs").stream()
                .map(
                        run ->
                                new PastRun(
                                        run.text("run_at", StateJson::instant),
                                        run.smallNumber("pid"),
                                        new End(
                                                run.text("finished_at", StateJson::instant),
                                                exit(run.object("exit"))),
                                        run.flag("stopped")))
                .toList();
    }

    private static void texts(ObjectNode node, String field, Map<String, String> texts) {
        if (!texts.isEmpty()) {
            var object = node.putObject(field);
            texts.forEach(object::put);
        }
    }

    private static void mark(ObjectNode node, String field, @Nullable ProcessMark mark) {
        if (mark != null) {
            node.putObject(field)
                    .put("boot_id", mark.bootId())
                    .put("pid", mark.pid())
                    .put("start_time", mark.startTime());
        }
    }

    private static void exit(ObjectNode node, Exit exit) {
        switch (exit) {
            case Exit.Code(var code) -> node.put("type", "code").put("code", code);
            case Exit.Killed(var signal, var dumped) ->
                    node.put("type", "killed")
                            .put("signal", signal.number())
                            .put("core_dumped", dumped);
            case Exit.OutOfMemory(var kills) ->
                    node.put("type", "out-of-memory").put("kills", kills);
            case Exit.TimedOut(var after) ->
                    node.put("type", "timed-out").put("after", after.toString());
        }
    }

    /** Reads a state; fields that are not known are passed over, since fields may be added. */
    static ContainerState read(String text) {
        var object = JsonObject.parse(DOCUMENT, text);
        return object.checked(() -> state(object));
    }

    private static ContainerState state(JsonObject object) {
        var status = object.constant("status", Status.class);
        var name = object.text("name");
        var startedAt = object.text("started_at", StateJson::instant);
        var health = object.optionalText("health");
        var id = object.optionalText("id");
        var restarts = object.optionalNumber("restart_count");
        var run = run(object, startedAt);
        return new ContainerState(
                id == null ? name : id,
                name,
                object.text("rootfs"),
                object.texts("command"),
                texts(object, "labels"),
                object.optionalText("created_at") == null
                        ? startedAt
                        : object.text("created_at", StateJson::instant),
                upkeep(object),
                status,
                run,
                status == Status.RUNNING ? null : end(object, run),
                past(object),
                health == null ? Health.NONE : object.constant("health", Health.class),
                restarts == null ? 0 : Math.toIntExact(restarts),
                object.flag("stopped", false));
    }

    private static Run run(JsonObject object, Instant startedAt) {
        var process = mark(object, "process");
        var inode = object.optionalNumber("mnt_ns_inode");
        var stdin = object.optionalNumber("stdin");
        int pid = object.smallNumber("pid");
        int watcher = object.smallNumber("watcher_pid");
        return new Run(
                object.optionalText("run_at") == null
                        ? startedAt
                        : object.text("run_at", StateJson::instant),
                Objects.requireNonNullElse(mark(object, "starter"), new ProcessMark("", 0, 0)),
                process == null && pid > 0 ? new ProcessMark("", pid, 0) : process,
                mark(object, "supervisor") == null && watcher > 0
                        ? new ProcessMark("", watcher, 0)
                        : mark(object, "supervisor"),
                texts(object, "cgroups"),
                inode == null ? 0 : inode,
                stdin == null ? 0 : Math.toIntExact(stdin),
                object.flag("tty", false));
    }

    private static Upkeep upkeep(JsonObject object) {
        var bound = object.optionalNumber("log_bound");
        return new Upkeep(
                object.optionalText("restart") == null
                        ? Restart.NO
                        : object.text("restart", Restart::parse),
                HealthJson.read(object),
                bound == null ? Logs.USUAL_BOUND : bound,
                object.flag("rm", false));
    }

    private static End end(JsonObject object, Run run) {
        var exit = object.optionalObject("exit");
        var at =
                object.optionalText("finished_at") == null
                        ? run.startedAt()
                        : object.text("finished_at", StateJson::instant);
        if (exit != null) {
            return new End(at, exit(exit));
        }
        var code = object.optionalNumber("exit_code");
        return new End(at, code == null ? EndRecord.UNSEEN : new Exit.Code(Math.toIntExact(code)));
    }

    private static Exit exit(JsonObject object) {
        return switch (object.text("type")) {
            case "code" -> new Exit.Code(object.smallNumber("code"));
            case "killed" ->
                    new Exit.Killed(
                            Signal.of(object.smallNumber("signal")), object.flag("core_dumped"));
            case "out-of-memory" -> new Exit.OutOfMemory(object.number("kills"));
            case "timed-out" -> new Exit.TimedOut(object.text("after", Duration::parse));
            default ->
                    throw object.refuse(
                            "type", "must be one of code, killed, out-of-memory, timed-out");
        };
    }

    private static @Nullable ProcessMark mark(JsonObject object, String field) {
        var mark = object.optionalObject(field);
        return mark == null
                ? null
                : new ProcessMark(
                        mark.text("boot_id"), mark.smallNumber("pid"), mark.number("start_time"));
    }

    private static Map<String, String> texts(JsonObject object, String field) {
        return new LinkedHashMap<>(object.textMap(field));
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (java.time.DateTimeException e) {
            throw new IllegalArgumentException("must be a time like 2025-01-31T23:59:59Z", e);
        }
    }
}
