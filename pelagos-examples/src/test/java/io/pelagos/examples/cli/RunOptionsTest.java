package io.pelagos.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.spec.ContainerSpec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each option of {@code run} changes in the specification of the container. */
class RunOptionsTest {
    private static String spec(String... options) {
        var out = new StringWriter();
        var err = new StringWriter();
        var arguments = new ArrayList<>(List.of("explain", "--spec"));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("host", "true"));
        int code =
                PelagosCommand.execute(
                        new PrintWriter(out, true),
                        new PrintWriter(err, true),
                        arguments.toArray(String[]::new));
        assertThat(code).as("%s: %s", arguments, err).isZero();
        return out.toString();
    }

    /** Without spaces, so that a row of the table can name a field with its value. */
    private static String compact(String json) {
        return json.replaceAll("\\s+", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--memory=64m                    | \"max\":67108864",
                "--memory-reservation=32m        | \"low\":33554432",
                "--memory=64m --memory-swap=96m  | \"swap\":33554432",
                "--memory-swappiness=10          | \"swappiness\":10",
                "--cpus=1.5                      | \"quotaMicros\":150000",
                "--cpu-shares=512                | \"weight\":",
                "--cpu-quota=50000               | \"quotaMicros\":50000",
                "--cpu-period=50000              | \"periodMicros\":50000",
                "--cpu-burst=1000                | \"burstMicros\":1000",
                "--cpuset-cpus=0                 | \"cpus\":\"0\"",
                "--cpuset-mems=0                 | \"mems\":\"0\"",
                "--pids-limit=16                 | \"pids\":16",
                "--hugepage-limit=2MB=4m         | \"2MB\":4194304",
                "--blkio-weight=300              | \"weight\":",
                "--device-cgroup-rule=c~1:*~rwm  | \"access\":\"rwm\"",
                "--cgroup-conf=memory.high=1     | \"memory.high\":\"1\"",
                "--cgroup-parent=/batch          | \"parent\":\"/batch\"",
                "--require-limits                | \"required\":true",
                "--user=7:8                      | \"7:8\"",
                "--group-add=33                  | \"33\"",
                "--umask=0077                    | \"umask\":\"0077\"",
                "-e=A=b                          | \"A\":\"b\"",
                "-w=/srv                         | \"cwd\":\"/srv\"",
                "--ulimit=nofile=64:128          | 128",
                "--oom-score-adj=500             | \"oomScoreAdj\":500",
                "--hostname=box                  | \"hostname\":\"box\"",
                "--domainname=example            | \"domainname\":\"example\"",
                "--read-only                     | \"readOnlyRoot\":true",
                "-v=/srv:/data:ro                | \"target\":\"/data\"",
                "--mount=type=bind,src=/srv,dst=/data | \"source\":\"/srv\"",
                "--tmpfs=/scratch:size=1m        | 1048576",
                "--no-default-mounts             | \"defaultMounts\":false",
                "--root-propagation=shared       | \"rootPropagation\":\"shared\"",
                "--device=/dev/zero              | \"path\":\"/dev/zero\"",
                "--cap-add=NET_ADMIN             | NET_ADMIN",
                "--sysctl=net.ipv4.ip_forward=1  | \"net.ipv4.ip_forward\":\"1\"",
                "--security-opt=no-new-privileges=false | \"noNewPrivileges\":false",
                "--masked-path=/proc/uptime      | \"/proc/uptime\"",
                "--readonly-path=/proc/uptime    | \"/proc/uptime\"",
                "--landlock-ro=/usr              | \"/usr\"",
                "--landlock-rw=/tmp              | \"/tmp\"",
                "--landlock-exec=/usr            | \"/usr\"",
                "--landlock-bind=8080            | 8080",
                "--landlock-connect=443          | 443",
                "--landlock-scope=signal         | signal",
                "--privileged                    | \"privileged\":true",
                "--uidmap=0:100000:65536 --gidmap=0:100000:65536 | \"outside\":100000",
                "--monotonic=3600                | \"PT1H\"",
                "--boottime=3600                 | \"PT1H\"",
                "--name=box                      | \"name\":\"box\"",
                "--label=a=b                     | \"a\":\"b\"",
                "--annotation=a=b                | \"a\":\"b\"",
                "--init                          | \"init\":true",
                "--stop-signal=INT               | INT",
                "--timeout=90                    | \"timeout\":"
            })
    void anOptionIsFoundInTheSpecification(String options, String fragment) {
        var arguments = new ArrayList<String>();
        for (var option : options.split(" ", -1)) {
            // The one option whose value has spaces has tildes in the table.
            arguments.add(option.replace('~', ' '));
        }
        var changed = compact(spec(arguments.toArray(String[]::new)));
        assertThat(changed).contains(fragment);
        assertThat(changed).isNotEqualTo(compact(spec()));
    }

    @ParameterizedTest
    @CsvSource({
        "--blkio-weight-device, 300, weight",
        "--device-read-bps, 1m, 1048576",
        "--device-write-bps, 1m, 1048576",
        "--device-read-iops, 77, 77",
        "--device-write-iops, 77, 77"
    })
    void aLimitOfABlockDeviceIsFoundInTheSpecification(String option, String limit, String found) {
        var devices = spec(option + "=" + blockDevice() + ":" + limit);
        assertThat(devices).contains("\"major\"").contains(found);
    }

    private static Path blockDevice() {
        var names = Path.of("/sys/class/block").toFile().list();
        var device =
                Stream.of(names == null ? new String[0] : names)
                        .map(name -> Path.of("/dev", name))
                        .filter(Files::exists)
                        .findFirst();
        assumeTrue(device.isPresent(), "needs a block device");
        return device.orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "--network, network",
        "--pid, pid",
        "--ipc, ipc",
        "--uts, uts",
        "--cgroupns, cgroup"
    })
    void aNamespaceOfTheHostIsNotMade(String option, String namespace) {
        var made = "\"" + namespace + "\":{\"type\":\"create\"}";
        assertThat(compact(spec())).contains(made);
        assertThat(compact(spec(option + "=host"))).doesNotContain(made);
    }

    @Test
    void aCapabilityIsDropped() {
        assertThat(spec()).contains("CHOWN");
        assertThat(spec("--cap-drop=CHOWN"))
                .doesNotContain("\"CHOWN\"")
                .doesNotContain("CAP_CHOWN");
        assertThat(ContainerSpec.fromJson(spec("--cap-drop=ALL")).confinement().capabilities())
                .isEmpty();
    }

    @Test
    void withoutANetworkThereIsOneOfItsOwn() {
        assertThat(spec("--network=none")).isEqualTo(spec());
    }
}
