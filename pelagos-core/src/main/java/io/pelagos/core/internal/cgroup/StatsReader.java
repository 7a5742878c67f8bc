package io.pelagos.core.internal.cgroup;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Stats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the counters of one container, each from the hierarchy where its controller is.
 *
 * @param unified the directory of version 2, or null
 * @param legacy the directories of version 1 by controller
 */
record StatsReader(@Nullable CgroupDirectory unified, Map<String, CgroupDirectory> legacy) {
    private static final long MICRO = 1_000;

    Stats read() {
        return new Stats(memory(), cpu(), pids(), io(), pressure());
    }

    /** Returns how many processes the out-of-memory killer has killed. */
    long oomKills() {
        var kills = memory().events().oomKill();
        return kills == null ? 0 : kills;
    }

    private Stats.Memory memory() {
        var v1 = legacy.get("memory");
        if (v1 != null) {
            return legacyMemory(v1);
        }
        var events = FlatKeyed.parse(text(unified, "memory.events"));
        return new Stats.Memory(
                size(number(unified, "memory.current")),
                size(number(unified, "memory.peak")),
                size(number(unified, "memory.max")),
                size(number(unified, "memory.swap.current")),
                size(number(unified, "memory.swap.max")),
                new Stats.Events(
                        events.get("low"),
                        events.get("high"),
                        events.get("max"),
                        events.get("oom"),
                        events.get("oom_kill")));
    }

    /** The files of version 1 are one of keys and one of a number alone. */
    static Optional<Stats.Events> memoryEvents(String text) {
        var events = FlatKeyed.parse(text);
        if (events.get("oom_kill") == null) {
            return Optional.empty();
        }
        var failures = text.lines().map(FlatKeyed::number).filter(Objects::nonNull).findFirst();
        return Optional.of(
                new Stats.Events(
                        events.get("low"),
                        events.get("high"),
                        failures.orElse(events.get("max")),
                        events.get("oom"),
                        events.get("oom_kill")));
    }

    /** Version 1 counts memory and swap together; the difference is what is swapped out. */
    private static Stats.Memory legacyMemory(CgroupDirectory v1) {
        var current = number(v1, "memory.usage_in_bytes");
        var max = limit(number(v1, LegacyMemory.LIMIT));
        var total = number(v1, "memory.memsw.usage_in_bytes");
        var totalMax = limit(number(v1, LegacyMemory.TOTAL));
        var control = FlatKeyed.parse(text(v1, "memory.oom_control"));
        return new Stats.Memory(
                size(current),
                size(number(v1, "memory.max_usage_in_bytes")),
                size(max),
                current == null || total == null ? null : size(Math.max(0, total - current)),
                max == null || totalMax == null ? null : size(Math.max(0, totalMax - max)),
                new Stats.Events(
                        null, null, number(v1, "memory.failcnt"), null, control.get("oom_kill")));
    }

    private Stats.Cpu cpu() {
        var stat = FlatKeyed.parse(text(unified, "cpu.stat"));
        var accounting = legacy.get("cpuacct");
        var bandwidth = legacy.get("cpu");
        var v1 = FlatKeyed.parse(text(bandwidth, "cpu.stat"));
        var throttled = v1.get("throttled_time");
        return new Stats.Cpu(
                accounting == null
                        ? micros(stat.get("usage_usec"))
                        : nanos(number(accounting, "cpuacct.usage")),
                accounting == null
                        ? micros(stat.get("user_usec"))
                        : nanos(number(accounting, "cpuacct.usage_user")),
                accounting == null
                        ? micros(stat.get("system_usec"))
                        : nanos(number(accounting, "cpuacct.usage_sys")),
                bandwidth == null ? stat.get("nr_periods") : v1.get("nr_periods"),
                bandwidth == null ? stat.get("nr_throttled") : v1.get("nr_throttled"),
                bandwidth == null ? micros(stat.get("throttled_usec")) : nanos(throttled));
    }

    private Stats.Pids pids() {
        var directory = legacy.getOrDefault("pids", unified);
        return new Stats.Pids(number(directory, "pids.current"), number(directory, "pids.max"));
    }

    private List<Stats.Io> io() {
        var v1 = legacy.get("blkio");
        return v1 == null ? unifiedIo(text(unified, "io.stat")) : legacyIo(v1);
    }

    /** Lines like {@code 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0}. */
    private static List<Stats.Io> unifiedIo(@Nullable String text) {
        var devices = new TreeMap<DeviceNumber, Stats.Io>();
        for (var line : (text == null ? "" : text).lines().toList()) {
            var words = line.split(" ", -1);
            var number = DeviceNumber.parse(words[0]);
            if (number == null) {
                continue;
            }
            var values = new HashMap<String, Long>();
            for (var word : words) {
                int equals = word.indexOf('=');
                var value = equals < 0 ? null : FlatKeyed.number(word.substring(equals + 1));
                if (value != null) {
                    values.put(word.substring(0, equals), value);
                }
            }
            if (!values.isEmpty()) {
                devices.put(number, number.io(values, "rbytes", "wbytes", "rios", "wios"));
            }
        }
        return new ArrayList<>(devices.values());
    }

    /** Two files of lines like {@code 8:0 Read 4096}. */
    private static List<Stats.Io> legacyIo(CgroupDirectory v1) {
        var values = new TreeMap<DeviceNumber, Map<String, Long>>();
        for (var what : List.of("io_service_bytes", "io_serviced")) {
            var text = text(v1, "blkio.throttle." + what + "_recursive");
            if (text == null) {
                text = text(v1, "blkio.throttle." + what);
            }
            for (var line : (text == null ? "" : text).lines().toList()) {
                var words = line.split(" ", -1);
                var number = DeviceNumber.parse(words[0]);
                var value = words.length == 3 ? FlatKeyed.number(words[2]) : null;
                if (number != null && value != null) {
                    values.computeIfAbsent(number, key -> new HashMap<>())
                            .put(what + words[1], value);
                }
            }
        }
        var devices = new ArrayList<Stats.Io>();
        values.forEach(
                (number, counted) ->
                        devices.add(
                                number.io(
                                        counted,
                                        "io_service_bytesRead",
                                        "io_service_bytesWrite",
                                        "io_servicedRead",
                                        "io_servicedWrite")));
        return devices;
    }

    private record DeviceNumber(int major, int minor) implements Comparable<DeviceNumber> {
        static @Nullable DeviceNumber parse(String text) {
            if (!text.matches("[0-9]{1,7}:[0-9]{1,7}")) {
                return null;
            }
            int colon = text.indexOf(':');
            return new DeviceNumber(
                    Integer.parseInt(text, 0, colon, 10),
                    Integer.parseInt(text, colon + 1, text.length(), 10));
        }

        Stats.Io io(
                Map<String, Long> values, String read, String write, String reads, String writes) {
            return new Stats.Io(
                    major,
                    minor,
                    values.getOrDefault(read, 0L),
                    values.getOrDefault(write, 0L),
                    values.getOrDefault(reads, 0L),
                    values.getOrDefault(writes, 0L));
        }

        @Override
        public int compareTo(DeviceNumber other) {
            return major != other.major
                    ? Integer.compare(major, other.major)
                    : Integer.compare(minor, other.minor);
        }
    }

    private Stats.Pressure pressure() {
        var cpu = text(unified, "cpu.pressure");
        var memory = text(unified, "memory.pressure");
        var io = text(unified, "io.pressure");
        return new Stats.Pressure(
                stall(cpu, "some"),
                stall(cpu, "full"),
                stall(memory, "some"),
                stall(memory, "full"),
                stall(io, "some"),
                stall(io, "full"));
    }

    /** A line like {@code some avg10=0.16 avg60=2.67 avg300=2.46 total=27063278}. */
    private static Stats.@Nullable Stall stall(@Nullable String text, String who) {
        if (text == null) {
            return null;
        }
        for (var line : text.lines().toList()) {
            var words = line.split(" ", -1);
            if (words[0].equals(who)) {
                var values = new HashMap<String, String>();
                for (var word : words) {
                    int equals = word.indexOf('=');
                    values.put(
                            equals < 0 ? word : word.substring(0, equals),
                            word.substring(equals + 1));
                }
                var total = FlatKeyed.number(values.get("total"));
                return new Stats.Stall(
                        percent(values.get("avg10")),
                        percent(values.get("avg60")),
                        percent(values.get("avg300")),
                        Duration.ofNanos(total == null ? 0 : total * MICRO));
            }
        }
        return null;
    }

    private static double percent(@Nullable String text) {
        return text != null && text.matches("[0-9]{1,3}(\\.[0-9]{1,9})?")
                ? Double.parseDouble(text)
                : 0;
    }

    private static @Nullable String text(@Nullable CgroupDirectory directory, String file) {
        return directory == null ? null : directory.readIfPresent(file);
    }

    private static @Nullable Long number(@Nullable CgroupDirectory directory, String file) {
        return FlatKeyed.number(text(directory, file));
    }

    private static @Nullable Long limit(@Nullable Long value) {
        return value == null || value >= LegacyMemory.UNLIMITED ? null : value;
    }

    private static @Nullable ByteSize size(@Nullable Long bytes) {
        return bytes == null ? null : ByteSize.of(bytes);
    }

    private static @Nullable Duration micros(@Nullable Long micros) {
        return micros == null ? null : Duration.ofNanos(micros * MICRO);
    }

    private static @Nullable Duration nanos(@Nullable Long nanos) {
        return nanos == null ? null : Duration.ofNanos(nanos);
    }
}
