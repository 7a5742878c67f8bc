package io.pelagos.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.ListenSocket;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Personality;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String... arguments) {
        return PelagosCommand.execute(
                new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--ulimit           | nofile=x",
                "--memory           | lots",
                "--cpus             | many",
                "--volume           | na*me:/data",
                "--mount            | type=bind,target=/x",
                "--tmpfs            | /x:sise=1",
                "--cap-add          | FLY",
                "--security-opt     | tomoyo=x",
                "--stop-signal      | SIGNOTHING",
                "--timeout          | soon",
                "--umask            | 9",
                "--pid              | container",
                "--device-read-bps  | sda",
                "--env              | =1",
                "--landlock-scope   | MOON"
            })
    void aBadValueIsToldWithItsOptionAndIsOurOwnFailure(String option, String value) {
        assertThat(execute("run", option, value, "host", "true")).isEqualTo(125);
        assertThat(err.toString().lines().findFirst().orElse(""))
                .startsWith("pelagos: ")
                .contains(option)
                .contains(value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RUN true        | must begin with CMD",
                "ENV             | an instruction and what it says",
                "ENV A           | NAME=VALUE",
                "CMD [\"a         | an array of texts",
                "STOPSIGNAL MOON | MOON"
            })
    void aBadChangeOfAnImageIsTold(String change, String why) {
        assertThat(execute("import", "--change", change, "/none.tar")).isEqualTo(125);
        assertThat(err.toString()).contains("--change").contains(change).contains(why);
    }

    @Test
    void anUnknownOptionIsOurOwnFailure() {
        assertThat(execute("run", "--memroy", "1m", "host", "true")).isEqualTo(125);
        assertThat(err.toString()).contains("--memroy").contains("--memory");
    }

    @Test
    void aMissingCommandIsOurOwnFailure() {
        assertThat(execute("run", "host")).isEqualTo(125);
        assertThat(err.toString()).contains("CMD");
    }

    @Test
    void nothingButDashesIsNoCommand() {
        assertThat(execute("explain", "host", "--")).isEqualTo(125);
        assertThat(err.toString()).startsWith("pelagos: CMD");
    }

    @Test
    void aContradictionIsToldWithItsOptions() {
        assertThat(execute("explain", "--cpus", "1", "--cpu-quota", "1000", "host", "true"))
                .isEqualTo(125);
        assertThat(err.toString()).contains("--cpus").contains("--cpu-quota");
    }

    @Test
    void swapIncludesMemory() {
        assertThat(execute("explain", "--memory", "2m", "--memory-swap", "1m", "host", "true"))
                .isEqualTo(125);
        assertThat(err.toString()).contains("--memory-swap");
    }

    @Test
    void debugAddsTheStackTrace() {
        assertThat(execute("explain", "--debug", "--memory-swap", "1m", "host", "true"))
                .isEqualTo(125);
        assertThat(err.toString()).contains("\tat io.pelagos.examples");
    }

    @Test
    void helpListsTheCommands() {
        assertThat(execute("--help")).isZero();
        assertThat(out.toString()).contains("run", "explain", "probe", "--version");
    }

    @Test
    void helpOfRunNamesTheExitCodes() {
        assertThat(execute("run", "--help")).isZero();
        assertThat(out.toString()).contains("ROOTFS [--] CMD", "--memory", "125", "127");
    }

    @Test
    void theVersionNamesTheProgram() {
        assertThat(execute("--version")).isZero();
        assertThat(out.toString()).startsWith("pelagos ");
    }

    @Test
    void explainingNeedsNoPrivilegesAndTakesOptionsAfterTheRootfsAsArguments() {
        assertThat(execute("explain", "-e", "A=b", "-m", "64m", "host", "--", "ls", "--colour"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("--colour");
    }

    @Test
    void theSpecificationIsPrintedAsJson() {
        assertThat(execute("explain", "--spec", "-m", "64m", "/root", "true"))
                .as(err.toString())
                .isZero();
        var spec = ContainerSpec.fromJson(out.toString());
        assertThat(spec.resources().memory().max()).isEqualTo(MiB.of(64));
        assertThat(spec.process().command()).containsExactly("true");
    }

    @Test
    void socketsPersonalityAndLabelsAreOptions() {
        assertThat(
                        execute(
                                "explain",
                                "--spec",
                                "--listen",
                                "http=127.0.0.1:8080",
                                "--listen",
                                "admin=/run/admin.sock",
                                "--personality",
                                "linux32",
                                "--security-opt",
                                "label=u:r:t:s0:c1,c2",
                                "/root",
                                "true"))
                .as(err.toString())
                .isZero();
        var spec = ContainerSpec.fromJson(out.toString());
        assertThat(spec.process().personality()).isEqualTo(Personality.LINUX32);
        assertThat(spec.process().descriptors().listening())
                .containsExactly(
                        ListenSocket.parse("http=127.0.0.1:8080"),
                        ListenSocket.parse("admin=/run/admin.sock"));
        assertThat(spec.confinement().labels().selinuxLabel()).isEqualTo("u:r:t:s0:c1,c2");
    }

    @Test
    void socketsWithoutAnAddressAreRefused() {
        for (var text : List.of("http", "=127.0.0.1:80", "http=localhost:80", "a:b=/run/x")) {
            assertThat(execute("explain", "--spec", "--listen", text, "/root", "true"))
                    .isEqualTo(125);
            assertThat(err.toString()).contains("--listen");
        }
    }

    @Test
    void aProfileIsAnOptionOfItsOwnToo() {
        assertThat(
                        execute(
                                "explain",
                                "--command-line",
                                "--apparmor-profile",
                                "web",
                                "/root",
                                "true"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("--security-opt=apparmor=web");
    }

    @Test
    void aConfigurationForOtherRuntimesIsPrinted() {
        assertThat(execute("explain", "--oci", "/root", "true")).as(err.toString()).isZero();
        assertThat(out.toString()).startsWith("{").contains("\"ociVersion\"");
    }

    @Test
    void aCommandForPodmanIsPrinted() {
        assertThat(execute("explain", "--command-line", "--hostname=box", "/root", "true"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).startsWith("podman run ").contains("--hostname=box", "/root");
    }

    @Test
    void whatOtherRuntimesCannotHaveIsRefusedByName() {
        assertThat(execute("explain", "--oci", "host", "true")).isEqualTo(125);
        assertThat(err.toString()).startsWith("pelagos: root");
    }

    @Test
    void onlyOneFormIsPrinted() {
        assertThat(execute("explain", "--oci", "--spec", "/root", "true")).isEqualTo(125);
        assertThat(err.toString()).contains("--oci").contains("--spec");
    }
}
