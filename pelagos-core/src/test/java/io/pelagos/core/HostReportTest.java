package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.internal.probe.Finding;
import io.pelagos.core.internal.probe.HostProbe;
import io.pelagos.core.internal.probe.MachineFiles;
import io.pelagos.core.kernel.LinuxKernel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class HostReportTest {
    private final HostReport report =
            HostReport.of(
                    List.of(
                            new Finding("user namespaces", "yes", "", ""),
                            new Finding("kernel", "6.18.5", "", ""),
                            new Finding(
                                    "cgroup v2 memory",
                                    "no",
                                    "bound to a v1 hierarchy",
                                    "mount it on cgroup2 or use the v1 driver (in use)")));

    @Test
    void isPrintedAsAnAlignedTable() {
        assertThat(report)
                .hasToString(
                        """
                        user namespaces    yes
                        kernel             6.18.5
                        cgroup v2 memory   no       bound to a v1 hierarchy; mount it on cgroup2 or \
                        use the v1 driver (in use)""");
    }

    @Test
    void aLongValueDoesNotPushTheReasonsAside() {
        var long1 = new HostReport.Item("modules", "lockdown,capability,landlock", "why", "");
        var short1 = new HostReport.Item("x", "no", "because", "do");

        assertThat(new HostReport(List.of(long1, short1)))
                .hasToString(
                        """
                        modules   lockdown,capability,landlock   why
                        x         no             because; do""");
    }

    @Test
    void itemsAreFoundByTheirNames() {
        assertThat(report.item("user namespaces")).get().matches(HostReport.Item::isSupported);
        assertThat(report.item("cgroup v2 memory"))
                .get()
                .matches(item -> !item.isSupported())
                .returns("bound to a v1 hierarchy", HostReport.Item::reason);
        assertThat(report.item("no such thing")).isEmpty();
    }

    @Test
    void twoItemsOfOneNameAreRefused() {
        var item = new HostReport.Item("x", "yes", "", "");
        assertThatThrownBy(() -> new HostReport(List.of(item, item)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("items: \"x\" is there twice");
    }

    @Test
    void isWrittenAsJson() {
        var json = JsonMapper.shared().readTree(report.toJson());

        assertThat(json.get("items")).hasSize(3);
        var last = json.get("items").get(2);
        assertThat(last.get("name").asString()).isEqualTo("cgroup v2 memory");
        assertThat(last.get("value").asString()).isEqualTo("no");
        assertThat(last.get("reason").asString()).isEqualTo("bound to a v1 hierarchy");
        assertThat(last.get("remedy").asString()).startsWith("mount it on cgroup2");
    }

    @Test
    void theMachineOfTheTestIsReportedWithoutLeavingADescriptorOpen() throws Exception {
        var kernel = new LinuxKernel();
        // The first time opens what the JVM keeps, such as libraries that a report needs.
        var first = HostReport.of(HostProbe.probe(kernel, new MachineFiles(kernel)));
        assertThat(first.toString()).isNotEmpty();
        int before = descriptors();

        var here = HostReport.of(HostProbe.probe(kernel, new MachineFiles(kernel)));

        assertThat(descriptors()).isEqualTo(before);
        assertThat(here.item("kernel")).get().returns("", HostReport.Item::remedy);
        assertThat(here.item("pidfd")).get().matches(HostReport.Item::isSupported);
        assertThat(here.item("privileges").orElseThrow().reason())
                .startsWith("uid " + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        assertThat(here.toString()).hasLineCount(here.items().size());
    }

    private static int descriptors() throws Exception {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return (int) files.count();
        }
    }
}
