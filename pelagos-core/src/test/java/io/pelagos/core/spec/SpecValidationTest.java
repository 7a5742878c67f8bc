package io.pelagos.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pelagos.core.security.Capability;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.SeccompProfile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Values are read as command lines write them, and wrong ones are refused by name and value. */
final class SpecValidationTest {
    record Refused(String named, ThrowingCallable made) {
        @Override
        public String toString() {
            return named;
        }
    }

    static final List<Refused> REFUSED =
            List.of(
                    new Refused("size -1", () -> ByteSize.of(-1)),
                    new Refused("size \"1.5g\"", () -> ByteSize.parse("1.5g")),
                    new Refused("size \"\"", () -> ByteSize.parse("")),
                    new Refused("size \"m\"", () -> ByteSize.parse("m")),
                    new Refused("size \"8388608t\"", () -> ByteSize.parse("8388608t")),
                    new Refused("-1 MiB", () -> MiB.of(-1)),
                    new Refused("signal 0", () -> Signal.of(0)),
                    new Refused("signal 65", () -> Signal.of(65)),
                    new Refused("signal \"SIGNOPE\"", () -> Signal.parse("SIGNOPE")),
                    new Refused("signal \"RTMIN+31\"", () -> Signal.parse("RTMIN+31")),
                    new Refused("signal \"RTMAX-31\"", () -> Signal.parse("RTMAX-31")),
                    new Refused("user \"\"", () -> User.parse("")),
                    new Refused("group \"b:c\"", () -> User.parse("a:b:c")),
                    new Refused("user 4294967295", () -> User.of(4_294_967_295L, 0)),
                    new Refused("user -1", () -> User.of(-1, 0)),
                    new Refused("user \"../x\"", () -> User.parse("../x")),
                    new Refused("id map 0 0 0", () -> new IdMap(0, 0, 0)),
                    new Refused("id map -1 0 1", () -> new IdMap(-1, 0, 1)),
                    new Refused("id map 0 4294967294 2", () -> new IdMap(0, User.MAX_ID, 2)),
                    new Refused(
                            "id map 1 0 " + Long.MAX_VALUE, () -> new IdMap(1, 0, Long.MAX_VALUE)),
                    new Refused("rlimit 2:1", () -> new Rlimit.Limit(2, 1)),
                    new Refused("rlimit -1:5", () -> new Rlimit.Limit(-1, 5)),
                    new Refused("rlimit \"files\"", () -> Rlimit.parse("files")),
                    new Refused("cwd \"x\"", () -> ContainerPath.normalize("cwd", "x")),
                    new Refused("cwd \"/a\0b\"", () -> ContainerPath.normalize("cwd", "/a\0b")),
                    new Refused(
                            "mount source \"x\"",
                            () ->
                                    new Mount.Bind(
                                            "x",
                                            "/x",
                                            true,
                                            Set.of(),
                                            Mount.Propagation.PRIVATE,
                                            false)),
                    new Refused("mount target \"x\"", () -> Mount.tmpfs("x")),
                    new Refused("mount target \"/..\"", () -> Mount.tmpfs("/..")),
                    new Refused("file system type \"a b\"", () -> Mount.fileSystem("a b", "/x")),
                    new Refused("device path \"/\"", () -> Device.character("/", 1, 3)),
                    new Refused("device 4096:0", () -> Device.character("/dev/x", 4096, 0)),
                    new Refused("device 1:1048576", () -> Device.character("/dev/x", 1, 1 << 20)),
                    new Refused(
                            "device access \"mr\"",
                            () ->
                                    new Device(
                                            "/x",
                                            Device.Type.BLOCK,
                                            1,
                                            1,
                                            new FileMode(0),
                                            0,
                                            0,
                                            "mr")),
                    new Refused("file mode 010000", () -> new FileMode(010000)),
                    new Refused("file mode \"8\"", () -> FileMode.of("8")),
                    new Refused("namespace path \"x\"", () -> new NamespaceMode.Path("x")),
                    new Refused("pidfd -1", () -> new NamespaceMode.OfProcess(-1)),
                    new Refused("descriptor -1", () -> new Stdio.Descriptor(-1)),
                    new Refused("memory 0", () -> memory(ByteSize.of(0), null)),
                    new Refused("swappiness 101", () -> memory(null, 101)),
                    new Refused(
                            "memory and swap of 1 MiB",
                            () -> Resources.Memory.swapOf(MiB.of(1), MiB.of(2))),
                    new Refused("cpu weight 0", () -> cpu(0L, null)),
                    new Refused("cpus \"0-\"", () -> cpu(null, "0-")),
                    new Refused("cpus NaN", () -> Resources.Cpu.quotaOf(Double.NaN)),
                    new Refused("cpu shares 1", () -> Resources.Cpu.weightOfShares(1)),
                    new Refused(
                            "environment variable \"A=B\"", () -> process(Map.of("A=B", ""), "/")),
                    new Refused(
                            "environment variable A: contains NUL",
                            () -> process(Map.of("A", "\0"), "/")),
                    new Refused("cwd \"here\"", () -> process(Map.of(), "here")));

    private static Resources.Memory memory(@Nullable ByteSize max, @Nullable Integer swappiness) {
        return new Resources.Memory(max, null, null, null, null, null, swappiness);
    }

    private static Resources.Cpu cpu(@Nullable Long weight, @Nullable String cpus) {
        return new Resources.Cpu(weight, null, null, null, cpus, null, null);
    }

    private static ProcessSpec process(Map<String, String> environment, String cwd) {
        return new ProcessSpec(
                List.of("true"),
                environment,
                cwd,
                User.ROOT,
                List.of(),
                new FileMode(022),
                Map.of(),
                null,
                false);
    }

    @ParameterizedTest
    @FieldSource("REFUSED")
    void isRefusedByNameAndValue(Refused refused) {
        assertThatIllegalArgumentException()
                .isThrownBy(refused.made())
                .withMessageContaining(refused.named());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "4096, 4096",
        "10b, 10",
        "1k, 1024",
        "64m, 67108864",
        "64MiB, 67108864",
        "1GB, 1073741824",
        "8388607t, 9223370937343148032"
    })
    void sizesAreReadInPowersOf1024(String text, long bytes) {
        assertThat(ByteSize.parse(text)).isEqualTo(ByteSize.of(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "9, SIGKILL",
        "SIGTERM, SIGTERM",
        "term, SIGTERM",
        "RTMIN, SIGRTMIN",
        "RTMIN+3, SIGRTMIN+3",
        "SIGRTMAX, SIGRTMIN+30",
        "RTMAX-1, SIGRTMIN+29",
        "poll, SIGIO",
        "33, SIG33"
    })
    void signalsHaveTheirNames(String text, String name) {
        assertThat(Signal.parse(text).name()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({
        "/, /, 0",
        "//a///b/, /a/b, 2",
        "/a/../b, /b, 1",
        "/../.., /, 0",
        "/a/./b/.., /a, 1"
    })
    void pathsAreBroughtIntoTheirShortestForm(String path, String normalized, int depth) {
        assertThat(ContainerPath.normalize("path", path)).isEqualTo(normalized);
        assertThat(ContainerPath.depth(normalized)).isEqualTo(depth);
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "1024, 39", "262144, 10000"})
    void sharesAreConvertedToWeights(long shares, long weight) {
        assertThat(Resources.Cpu.weightOfShares(shares)).isEqualTo(weight);
    }

    @Test
    void ambientCapabilitiesMustBeHeld() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new Confinement(
                                        Set.of(Capability.KILL),
                                        Set.of(Capability.CHOWN),
                                        true,
                                        SeccompProfile.unconfined(),
                                        LandlockRules.none(),
                                        List.of(),
                                        List.of(),
                                        Map.of(),
                                        false))
                .withMessageContaining("CHOWN")
                .withMessageNotContaining("KILL");
    }

    @Test
    void aSpecificationDoesNotChangeWithTheListsItWasMadeOf() {
        var environment = new HashMap<>(Map.of("A", "1"));
        var process = process(environment, "/");
        environment.put("B", "2");
        assertThat(process.environment()).containsOnlyKeys("A");
    }
}
