package io.pelagos.core.internal.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Rootfs;
import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.launch.Ending;
import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.ContainerState.Upkeep;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.spec.Signal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateStoreTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

    @TempDir private Path directory;
    private SystemCalls calls;
    private StateStore store;
    private Path all;

    @BeforeEach
    void open() {
        calls = new SystemCalls(new LinuxKernel());
        var paths = PelagosPaths.under(directory);
        store = new StateStore(calls, paths);
        all = paths.containers().containersDir();
    }

    private static ContainerSpec spec() {
        return ContainerBuilder.describing(Rootfs.host())
                .command("sleep", "1000")
                .env("KEY", "value")
                .label("app", "db")
                .spec();
    }

    private ContainerState state(String name) {
        return ContainerState.starting(
                "0123456789abcdef",
                name,
                spec(),
                new Upkeep(
                        Restart.onFailure(3),
                        HealthCheck.http(8080, "/health"),
                        Logs.USUAL_BOUND,
                        true),
                ProcessMark.own(calls),
                NOW);
    }

    private ContainerState running(String name) {
        var own = ProcessMark.own(calls);
        return state(name).running(own, own, Map.of("unified", "/sys/fs/cgroup/x"), 42);
    }

    private void create(ContainerState state) {
        store.create(state, spec()).close();
    }

    @Test
    void whatIsWrittenIsRead() {
        create(running("db"));
        assertThat(store.read("db")).contains(running("db"));
        assertThat(store.list().states()).containsExactly(running("db"));
        assertThat(store.list().problems()).isEmpty();
        assertThat(store.spec("db")).contains(spec());
        assertThat(store.read("nobody")).isEmpty();
    }

    @Test
    void endedStateIsReadAsItWasWritten() {
        for (var exit :
                new Exit[] {
                    new Exit.Code(3),
                    new Exit.Killed(Signal.KILL, true),
                    new Exit.OutOfMemory(2),
                    new Exit.TimedOut(java.time.Duration.ofSeconds(1))
                }) {
            var ended = running("db").ended(new ContainerState.End(NOW, exit)).withStopped(true);
            assertThat(StateJson.read(StateJson.write(ended, directory))).isEqualTo(ended);
        }
    }

    @Test
    void runsThatAreOverAreKeptUpToABound() {
        var state = running("db");
        for (int i = 1; i <= 20; i++) {
            var at = NOW.plusSeconds(i);
            state =
                    state.ended(new ContainerState.End(at, new Exit.Code(i)))
                            .again("0123456789abcdef", ProcessMark.own(calls), at, 0);
        }
        assertThat(state.past()).hasSize(ContainerState.PAST_RUNS);
        assertThat(state.past().getFirst().end().exit()).isEqualTo(new Exit.Code(5));
        assertThat(state.past().getLast().end().exit()).isEqualTo(new Exit.Code(20));
        assertThat(StateJson.read(StateJson.write(state, directory))).isEqualTo(state);
    }

    @Test
    void filesOfAnotherUserAreReportedAndNotRead() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        create(running("good"));
        create(running("file"));
        create(running("directory"));
        Files.setAttribute(all.resolve("file/state.json"), "unix:uid", 65534);
        Files.setAttribute(all.resolve("directory"), "unix:uid", 65534);
        assertThat(store.list().states()).extracting(ContainerState::name).containsExactly("good");
        assertThat(store.list().problems())
                .hasSize(2)
                .allMatch(p -> p.contains("belongs to user 65534, not to user 0"));
        Files.setAttribute(all, "unix:uid", 65534);
        assertThat(store.list().states()).isEmpty();
        assertThat(store.list().problems()).singleElement().asString().contains("65534");
    }

    @Test
    void nameInAStateLeadsNowhere() throws Exception {
        create(running("db"));
        var text = Files.readString(all.resolve("db/state.json"));
        write("db", text.replace("\"db\"", "\"../../outside\""));
        assertThat(store.list().states())
                .singleElement()
                .extracting(ContainerState::name)
                .isEqualTo("db");
        assertThat(store.update("db", s -> s.withStopped(true))).isPresent();
        assertThat(directory.resolve("outside")).doesNotExist();
    }

    @Test
    void fieldsOfTheRustImplementationHaveItsNames() throws IOException {
        create(running("db"));
        var json = Json.parse("state", Files.readString(all.resolve("db/state.json")));
        assertThat(json.get("name").asString()).isEqualTo("db");
        assertThat(json.get("status").asString()).isEqualTo("running");
        assertThat(json.get("pid").asLong()).isEqualTo(ProcessHandle.current().pid());
        assertThat(json.get("watcher_pid").asLong()).isEqualTo(ProcessHandle.current().pid());
        assertThat(json.get("started_at").asString()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(json.get("exit_code").isNull()).isTrue();
        assertThat(json.get("stdout_log").asString())
                .isEqualTo(all.resolve("db/stdout.log").toString());
        assertThat(json.get("mnt_ns_inode").asLong()).isEqualTo(42);
        assertThat(json.get("labels").get("app").asString()).isEqualTo("db");
        assertThat(json.get("health").asString()).isEqualTo("starting");
    }

    @Test
    void stateOfTheRustImplementationIsRead() throws IOException {
        store.all().close();
        write(
                "old",
                """
                {"name": "old", "rootfs": "alpine:latest", "status": "exited", "pid": 77,
                 "watcher_pid": 76, "started_at": "2025-01-01T00:00:00Z", "exit_code": 4,
                 "command": ["sh"], "stdout_log": null, "stderr_log": null, "bridge_ip": "10.0.0.2"}
                """);
        var state = store.read("old").orElseThrow();
        assertThat(state.end().exit()).isEqualTo(new Exit.Code(4));
        assertThat(state.command()).containsExactly("sh");
        assertThat(store.spec("old")).isEmpty();
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(
                all.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.writeString(all.resolve(name + "/state.json"), text);
        Files.setPosixFilePermissions(
                all.resolve(name + "/state.json"), PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void readerCompletesAStateWhoseExitRecordIsThere() throws IOException {
        create(running("db"));
        var record = ByteBuffer.allocate(Ending.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(8, 1).putInt(24, 9).putLong(128, NOW.getEpochSecond());
        Files.write(all.resolve("db/exit"), record.array());
        var end =
                new ContainerState.End(
                        Instant.ofEpochSecond(NOW.getEpochSecond()), new Exit.Code(9));
        assertThat(store.read("db").orElseThrow().end()).isEqualTo(end);
        assertThat(Files.readString(all.resolve("db/state.json"))).contains("\"exited\"");
    }

    @Test
    void runOfAnotherBootHasEnded() {
        var gone = new ProcessMark("00000000-0000-0000-0000-000000000000", 1, 0);
        create(state("db").running(gone, gone, Map.of(), 0));
        var state = store.read("db").orElseThrow();
        assertThat(state.status()).isEqualTo(Status.EXITED);
        assertThat(state.end().exit()).isEqualTo(EndRecord.UNSEEN);
    }

    @Test
    void processThatReusesANumberIsNotTaken() {
        var own = ProcessMark.own(calls);
        assertThat(own.isAlive(calls)).isTrue();
        assertThat(new ProcessMark(own.bootId(), own.pid(), own.startTime() - 1).isAlive(calls))
                .isFalse();
    }

    @Test
    void hostileFilesAreReportedAndNotFollowed() throws Exception {
        create(running("good"));
        var secret = Files.writeString(directory.resolve("secret"), "{}");
        Files.createSymbolicLink(all.resolve("link"), directory);
        write("linked", "{}");
        Files.delete(all.resolve("linked/state.json"));
        Files.createSymbolicLink(all.resolve("linked/state.json"), secret);
        write("half", "{\"name\": \"half\", \"rootfs\": ");
        write("huge", "x".repeat(1 << 23));
        write("writable", "{}");
        Files.setPosixFilePermissions(
                all.resolve("writable/state.json"), PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.createDirectory(all.resolve("a name with spaces"));
        Files.writeString(all.resolve("file"), "");
        write("named", "{}");
        Files.delete(all.resolve("named/state.json"));
        Files.createLink(all.resolve("named/state.json"), secret);

        var listing = store.list();
        assertThat(listing.states()).containsExactly(running("good"));
        assertThat(listing.problems())
                .hasSize(8)
                .anyMatch(p -> p.contains("/link") && p.contains("not"))
                .anyMatch(p -> p.contains("linked/state.json: is a link"))
                .anyMatch(p -> p.contains("half/state.json"))
                .anyMatch(p -> p.contains("huge/state.json: has 8388608 bytes"))
                .anyMatch(p -> p.contains("can be written by others"))
                .anyMatch(p -> p.contains("cannot be the name of a container"))
                .anyMatch(p -> p.contains("file: is not a directory"))
                .anyMatch(p -> p.contains("named/state.json: "));
        assertThat(store.removeStateless(java.util.List.of("state.json"))).isEmpty();
        assertThat(secret).exists();
    }

    @Test
    void fifoInThePlaceOfAStateHoldsNobodyUp() throws Exception {
        write("pipe", "{}");
        Files.delete(all.resolve("pipe/state.json"));
        assertThat(
                        new ProcessBuilder(
                                        "mkfifo",
                                        "-m",
                                        "600",
                                        all.resolve("pipe/state.json").toString())
                                .start()
                                .waitFor())
                .isZero();
        assertThat(store.list().problems())
                .singleElement()
                .asString()
                .contains("is not a regular file");
    }

    @Test
    void linkInThePlaceOfAllContainersIsNotFollowed() throws Exception {
        Files.createDirectories(all.getParent());
        Files.createSymbolicLink(all, directory);
        assertThat(store.list().problems()).singleElement().asString().contains("is a link");
    }

    @Test
    void removalFollowsNoLinkAndReachesAnyDepth() throws Exception {
        create(running("db"));
        var kept = Files.writeString(directory.resolve("kept"), "");
        Files.createSymbolicLink(all.resolve("db/link"), directory);
        var deep = all.resolve("db");
        for (int i = 0; i < 100; i++) {
            deep = Files.createDirectory(deep.resolve("d"));
            Files.writeString(deep.resolve("f"), "");
        }
        store.locked(
                "db",
                () -> {
                    store.remove("db");
                    return true;
                });
        assertThat(all.resolve("db")).doesNotExist();
        assertThat(kept).exists();
    }

    @Test
    void takenNameIsNotOverwritten() {
        create(running("one"));
        create(running("two"));
        assertThatThrownBy(() -> store.rename("one", "two")).isInstanceOf(ErrnoException.class);
        assertThat(store.rename("one", "three").orElseThrow().name()).isEqualTo("three");
        assertThat(store.read("three").orElseThrow().name()).isEqualTo("three");
        assertThat(store.read("one")).isEmpty();
    }

    @Test
    void namesAreCountedOnceHoweverManyAsk() throws Exception {
        Set<String> names = new HashSet<>();
        try (var threads = Executors.newFixedThreadPool(4)) {
            var jobs =
                    IntStream.range(0, 100)
                            .mapToObj(_ -> (Callable<String>) store::nextName)
                            .toList();
            for (var name : threads.invokeAll(jobs)) {
                names.add(name.get());
            }
        }
        assertThat(names).hasSize(100).contains("pelagos-1", "pelagos-100");
        create(running("pelagos-101"));
        assertThat(store.nextName()).isEqualTo("pelagos-102");
    }

    @Test
    void updatesOfManyAreNotLost() throws Exception {
        create(state("db").ended(new ContainerState.End(NOW, new Exit.Code(0))));
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 50; i++) {
                var _ =
                        threads.submit(
                                () ->
                                        store.update(
                                                "db",
                                                s ->
                                                        s.again(
                                                                        s.id(),
                                                                        s.run().starter(),
                                                                        NOW,
                                                                        s.restarts() + 1)
                                                                .ended(s.end())));
            }
        }
        assertThat(store.read("db").orElseThrow().restarts()).isEqualTo(50);
    }
}
