package io.pelagos.core.security;

import static io.pelagos.core.security.SeccompCondition.Operator.GE;
import static io.pelagos.core.security.SeccompCondition.arg;
import static io.pelagos.core.security.SeccompCondition.masked;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pelagos.core.kernel.Errno;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SeccompProfileJsonTest {
    @Test
    void theOciShapeIsRead() {
        var profile =
                SeccompProfile.parse(
                        """
                        {
                          "defaultAction": "SCMP_ACT_ERRNO",
                          "defaultErrnoRet": 38,
                          "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
                          "flags": ["SECCOMP_FILTER_FLAG_LOG"],
                          "listenerPath": "/run/agent.sock",
                          "listenerMetadata": "who",
                          "syscalls": [
                            {"names": ["getcwd", "chmod"], "action": "SCMP_ACT_ERRNO"},
                            {"names": ["ioctl"], "action": "SCMP_ACT_TRACE", "errnoRet": 9,
                             "args": [
                               {"index": 1, "value": 18446744073709551615, "op": "SCMP_CMP_GE"},
                               {"index": 2, "value": 6, "valueTwo": 2,
                                "op": "SCMP_CMP_MASKED_EQ"}]}
                          ]
                        }
                        """);

        assertThat(profile)
                .isEqualTo(
                        SeccompProfile.builder(SeccompAction.errno(Errno.ENOSYS))
                                .architectures(SeccompArch.X86_64, SeccompArch.X32)
                                .flags(SeccompFlag.LOG)
                                .listener("/run/agent.sock", "who")
                                .rule(
                                        SeccompRule.of(
                                                SeccompAction.errno(Errno.EPERM),
                                                "getcwd",
                                                "chmod"))
                                .rule(
                                        SeccompRule.of(SeccompAction.trace(9), "ioctl")
                                                .when(arg(1, GE, -1))
                                                .when(masked(2, 6, 2)))
                                .build());
    }

    @Test
    void theDockerShapeIsRead() {
        var profile =
                SeccompProfile.parse(
                        """
                        {
                          "defaultAction": "SCMP_ACT_KILL_PROCESS",
                          "archMap": [{"architecture": "SCMP_ARCH_X86_64",
                                       "subArchitectures": ["SCMP_ARCH_X86"]},
                                      {"architecture": "SCMP_ARCH_RISCV64",
                                       "subArchitectures": null}],
                          "syscalls": [
                            {"name": "read", "action": "SCMP_ACT_ALLOW", "args": null},
                            {"names": ["bpf"], "action": "SCMP_ACT_LOG", "comment": "why",
                             "includes": {"caps": ["CAP_BPF"], "minKernel": "5.8"},
                             "excludes": {"arches": ["arm64"]}},
                            {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errno": "EACCES"}
                          ]
                        }
                        """);

        assertThat(profile.archMap())
                .containsOnlyKeys(SeccompArch.X86_64, SeccompArch.RISCV64)
                .containsEntry(SeccompArch.X86_64, List.of(SeccompArch.X86));
        assertThat(profile.rules())
                .extracting(SeccompRule::toString)
                .containsExactly(
                        "ALLOW read",
                        "LOG bpf only for CAP_BPF kernel>=5.8 not for arm64",
                        "ERRNO(13) mount");
        assertThat(profile.rules().get(1).comment()).isEqualTo("why");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | $: not an object: []",
                "{} | $.defaultAction: is missing",
                "{\"defaultAction\": 7} | $.defaultAction: not a text: 7",
                "{\"defaultAction\": \"ALLOW\"} | $.defaultAction: unknown action \"ALLOW\"",
                "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4096}"
                        + " | $.defaultErrnoRet: not a number from 0 to 4095: 4096",
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_Z80\"]}"
                        + " | $.architectures[0]: unknown architecture \"SCMP_ARCH_Z80\"",
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"sycalls\": []}"
                        + " | $.sycalls: there is no such field",
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"TSYNC\"]}"
                        + " | $.flags[0]: unknown flag \"TSYNC\"",
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\":"
                        + " [\"SCMP_ARCH_X86\"], \"archMap\": [{\"architecture\":"
                        + " \"SCMP_ARCH_X86_64\"}]} | $: seccomp profile: architectures and"
                        + " archMap: only one of them can be given",
            })
    void aBadDocumentIsRefusedNamingPathAndValue(String json, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SeccompProfile.parse(json))
                .withMessage("seccomp profile: " + message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"names\": [] | $.syscalls[1]: seccomp rule: names: there are none",
                "\"names\": [\"a b\"] | $.syscalls[1]: seccomp rule: names: not the name of a"
                        + " system call: 'a b'",
                "\"name\": \"a\", \"names\": [\"b\"] | $.syscalls[1].name: name and names: only"
                        + " one of them can be given",
                "\"names\": \"a\" | $.syscalls[1].names: not an array: \"a\"",
                "\"names\": [\"a\"], \"args\": [{\"index\": 6, \"value\": 0, \"op\":"
                        + " \"SCMP_CMP_EQ\"}] | $.syscalls[1].args[0].index: a system call has"
                        + " arguments 0 to 5: 6",
                "\"names\": [\"a\"], \"args\": [{\"index\": 0, \"value\": -1, \"op\":"
                        + " \"SCMP_CMP_EQ\"}] | $.syscalls[1].args[0].value: not an unsigned"
                        + " 64-bit number: -1",
                "\"names\": [\"a\"], \"args\": [{\"index\": 0, \"value\": 0, \"op\": \"EQ\"}] |"
                        + " $.syscalls[1].args[0].op: unknown operator \"EQ\"",
                "\"names\": [\"a\"], \"includes\": {\"caps\": [\"CAP_X\"]} |"
                        + " $.syscalls[1].includes.caps[0]: unknown capability \"CAP_X\"",
                "\"names\": [\"a\"], \"excludes\": {\"minKernel\": \"new\"} |"
                        + " $.syscalls[1].excludes.minKernel: kernel version: not a version: 'new'",
            })
    void aBadRuleIsRefusedNamingPathAndValue(String fields, String message) {
        var json =
                """
                {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                  {"names": ["read"], "action": "SCMP_ACT_LOG"},
                  {"action": "SCMP_ACT_LOG", %s}]}
                """
                        .formatted(fields);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> SeccompProfile.parse(json))
                .withMessage("seccomp profile: " + message);
    }

    @Test
    void twoWaysToGiveAnErrnoMustAgree() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                SeccompProfile.parse(
                                        """
                                        {"defaultAction": "SCMP_ACT_ERRNO",
                                         "defaultErrnoRet": 1, "defaultErrno": "ENOSYS"}
                                        """))
                .withMessageContaining("$.defaultErrno: \"ENOSYS\" is not the number 1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\"} {}",
                "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultAction\": \"SCMP_ACT_LOG\"}"
            })
    void whatIsNotOneJsonDocumentIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SeccompProfile.parse(text))
                .withMessageStartingWith("seccomp profile: ");
    }

    @Test
    void unknownFieldsCanBeIgnoredAndAreReported() {
        var ignored = new ArrayList<String>();
        var profile =
                SeccompProfile.parse(
                        """
                        {"defaultAction": "SCMP_ACT_ALLOW", "new": 1,
                         "syscalls": [{"names": ["read"], "action": "SCMP_ACT_LOG", "x": {}}]}
                        """,
                        ignored::add);

        assertThat(ignored).containsExactly("$.new", "$.syscalls[0].x");
        assertThat(profile.rules()).hasSize(1);
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> SeccompProfile.ofFile(Path.of("/nonexistent/profile.json")))
                .withMessageContaining("/nonexistent/profile.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"moby-default.json", "containers-common-default.json"})
    void aWellKnownProfileSurvivesTheWayThroughText(String name) {
        var profile = SeccompProfile.ofFile(SeccompFixtures.file(name));

        assertThat(SeccompProfile.parse(profile.toJson())).isEqualTo(profile);
    }

    @ParameterizedTest
    @ValueSource(strings = {"moby-default.json", "containers-common-default.json"})
    void aWellKnownProfileMeansWhatItsRulesSay(String name) {
        var profile = SeccompProfile.ofFile(SeccompFixtures.file(name));
        for (var target : List.of(Targets.X86, Targets.ARM, Targets.x86With())) {
            var filter = new BpfEvaluator(SeccompCompiler.compile(profile, target));
            var meaning = new ProfileInterpreter(profile, target);
            for (var arch : Targets.architectures(target)) {
                ProfileInterpreter.numbers(arch)
                        .mapToObj(number -> new SeccompCall(arch.auditArch(), number, 16, 3, 9))
                        .forEach(
                                call ->
                                        assertThat(filter.run(call))
                                                .as("%s", call)
                                                .isEqualTo(meaning.verdict(call)));
            }
        }
    }

    @Test
    void ourOwnProfilesSurviveTheWayThroughText() {
        for (var profile :
                List.of(
                        SeccompProfile.dockerDefault(),
                        SeccompProfile.minimal(),
                        SeccompProfile.unconfined())) {
            assertThat(SeccompProfile.parse(profile.toJson())).isEqualTo(profile);
        }
    }

    @Test
    void aResolvedProfileIsPlainOciAndMeansTheSame() {
        var resolved = SeccompProfile.dockerDefault().resolve(Targets.X86);

        assertThat(resolved.toJson())
                .doesNotContain("archMap", "includes", "excludes", "comment")
                .contains("\"architectures\"");
        assertThat(SeccompCompiler.compile(resolved, Targets.X86))
                .isEqualTo(SeccompCompiler.compile(SeccompProfile.dockerDefault(), Targets.X86));
    }
}
