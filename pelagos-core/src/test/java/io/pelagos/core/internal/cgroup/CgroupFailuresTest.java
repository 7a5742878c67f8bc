package io.pelagos.core.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Resources;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Cgroups of a container where something fails or may not be done: with {@code required()} an
 * error, and nothing is left; without it a warning, and what was made goes with the container.
 */
class CgroupFailuresTest {
    private static final Map<String, String> MEMORY_V1 =
            Map.of(
                    LegacyMemory.LIMIT,
                    LegacyMemory.UNLIMITED + "\n",
                    LegacyMemory.TOTAL,
                    LegacyMemory.UNLIMITED + "\n");

    private enum Mode {
        UNIFIED,
        LEGACY,
        HYBRID
    }

    @TempDir private Path folder;

    @ParameterizedTest
    @EnumSource
    void whateverCallFailsNothingIsLeft(Mode mode) {
        for (var errno : List.of(Errno.EACCES, Errno.EIO, Errno.EMFILE)) {
            for (var required : List.of(true, false)) {
                int calls = failEach(mode, errno, required);
                assertThat(calls).isGreaterThan(10);
            }
        }
    }

    /** Lets each call of making and removing fail in turn; returns how many there were. */
    private int failEach(Mode mode, Errno errno, boolean required) {
        for (int call = 1; ; call++) {
            var what = mode + ", call " + call + " " + errno + (required ? ", required" : "");
            var fake = host(mode, folder.resolve(what));
            fake.fail(call, errno);
            try {
                makeAndRemove(fake, required);
            } catch (CgroupException | ErrnoException e) {
                assertThat(e).as(what).message().contains(errno.name());
            }
            assertThat(fake.open()).as(what).isEmpty();
            assertThat(fake.directories()).as(what).isEmpty();
            if (!fake.failed()) {
                return call;
            }
        }
    }

    private static void makeAndRemove(FakeCgroups fake, boolean required) {
        var cgroup = fake.host().create("c", limits("/above", required));
        try {
            cgroup.remove();
        } catch (CgroupException | ErrnoException e) {
            cgroup.remove();
            throw e;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDirectoryThatIsDeniedIsAWarning(Mode mode) {
        var fake = host(mode, folder);
        fake.deny("mkdir");
        var cgroup = fake.host().create("c", limits(null, false));
        assertThat(cgroup.warnings())
                .anySatisfy(w -> assertThat(w).contains("memory max 1 MiB", "EACCES", "Delegate"))
                .anySatisfy(w -> assertThat(w).contains("pids 16", "EACCES"));
        assertThat(cgroup.directories()).isEmpty();
        cgroup.remove();
        assertThat(fake.open()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aDirectoryThatIsDeniedIsAnErrorWhereLimitsAreRequired(Mode mode) {
        var fake = host(mode, folder);
        fake.deny("mkdir");
        var host = fake.host();
        assertThatThrownBy(() -> host.create("c", limits(null, true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContainingAll("EACCES", "Delegate=yes");
        assertThat(fake.directories()).isEmpty();
        assertThat(fake.open()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aLimitThatIsDeniedIsAWarning(Mode mode) {
        var fake = host(mode, folder);
        fake.deny("pids.max");
        var cgroup = fake.host().create("c", limits(null, false));
        assertThat(cgroup.warnings())
                .filteredOn(w -> w.contains("pids"))
                .singleElement()
                .asString()
                .contains("pids 16", "EACCES", "Delegate=yes");
        assertThat(cgroup.warnings()).noneMatch(w -> w.contains("memory max"));
        cgroup.remove();
        assertThat(fake.directories()).isEmpty();
        assertThat(fake.open()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aLimitThatIsDeniedIsAnErrorWhereLimitsAreRequired(Mode mode) {
        var fake = host(mode, folder);
        fake.deny("pids.max");
        var host = fake.host();
        assertThatThrownBy(() -> host.create("c", limits("/above", true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContainingAll("pids 16", "EACCES");
        assertThat(fake.directories()).isEmpty();
        assertThat(fake.open()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"true, has no pids controller", "false, no cgroup hierarchy with the pids"})
    void aControllerThatIsNotThereIsAWarningOrAnError(boolean unified, String why) {
        var host =
                unified
                        ? new FakeCgroups(folder)
                                .unified(Map.of("memory.max", "", "memory.oom.group", ""), "memory")
                                .host()
                        : new FakeCgroups(folder).legacy("memory", MEMORY_V1).host();
        try (var cgroup = host.create("c", limits(null, false))) {
            assertThat(cgroup.warnings())
                    .anySatisfy(w -> assertThat(w).contains("pids 16", why))
                    .noneMatch(w -> w.contains("memory max"));
            cgroup.remove();
        }
        assertThatThrownBy(() -> host.create("c", limits(null, true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContainingAll("pids 16", why);
    }

    @Test
    void withoutAnyHierarchyThereIsAWarningOrAnError() {
        var host = new FakeCgroups(folder).host();
        assertThat(host.create("c", limits(null, false)).warnings())
                .anySatisfy(w -> assertThat(w).contains("no cgroup hierarchy is mounted"));
        assertThatThrownBy(() -> host.create("c", limits(null, true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("no cgroup hierarchy is mounted");
    }

    @Test
    void whereOneDirectoryCannotBeRemovedTheOthersAre() {
        var fake = host(Mode.LEGACY, folder);
        var cgroup = fake.host().create("c", limits(null, false));
        fake.deny("rmdir:pids/c");
        assertThatThrownBy(cgroup::remove)
                .isInstanceOf(ErrnoException.class)
                .hasMessageContainingAll("pids/c", "EIO");
        assertThat(fake.directories()).containsExactly("pids/c");
        assertThat(fake.open()).isEmpty();
    }

    private static FakeCgroups host(Mode mode, Path root) {
        var fake = new FakeCgroups(root);
        if (mode == Mode.UNIFIED) {
            return fake.unified(
                    Map.of("memory.max", "", "memory.oom.group", "", "pids.max", ""),
                    "memory",
                    "pids");
        }
        if (mode == Mode.HYBRID) {
            fake.unified(Map.of());
        }
        return fake.legacy("memory", MEMORY_V1)
                .legacy("pids", Map.of("pids.max", ""))
                .legacy("cpuset", Map.of("cpuset.cpus", "0-1\n", "cpuset.mems", "0\n"));
    }

    private static Resources limits(String parent, boolean required) {
        return new Resources(
                new Resources.Memory(ByteSize.of(1 << 20), null, null, null, null, null, null),
                Resources.Cpu.UNLIMITED,
                16L,
                Resources.Io.UNLIMITED,
                Map.of(),
                List.of(),
                Map.of(),
                parent,
                required);
    }
}
