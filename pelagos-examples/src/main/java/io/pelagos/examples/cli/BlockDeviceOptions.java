package io.pelagos.examples.cli;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Resources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the container may use of block devices. */
final class BlockDeviceOptions {
    private static final int LEAST = 10;
    private static final int MOST = 1000;

    @Option(
            names = "--blkio-weight",
            paramLabel = "N",
            description = "Share of block devices, 10 to 1000.")
    private @Nullable String weight;

    @Option(
            names = "--blkio-weight-device",
            paramLabel = "PATH:N",
            description = "Share of one block device, 10 to 1000.")
    private List<DeviceRateOption> weights = new ArrayList<>();

    @Option(
            names = "--device-read-bps",
            paramLabel = "PATH:SIZE",
            description = "Bytes read from a block device per second.")
    private List<DeviceRateOption> readBytes = new ArrayList<>();

    @Option(
            names = "--device-write-bps",
            paramLabel = "PATH:SIZE",
            description = "Bytes written to a block device per second.")
    private List<DeviceRateOption> writeBytes = new ArrayList<>();

    @Option(
            names = "--device-read-iops",
            paramLabel = "PATH:N",
            description = "Reads from a block device per second.")
    private List<DeviceRateOption> readOperations = new ArrayList<>();

    @Option(
            names = "--device-write-iops",
            paramLabel = "PATH:N",
            description = "Writes to a block device per second.")
    private List<DeviceRateOption> writeOperations = new ArrayList<>();

    Resources.Io io() {
        var shares = amounts("--blkio-weight-device", weights, BlockDeviceOptions::weight);
        var reads = amounts("--device-read-bps", readBytes, BlockDeviceOptions::bytes);
        var writes = amounts("--device-write-bps", writeBytes, BlockDeviceOptions::bytes);
        var readCalls = amounts("--device-read-iops", readOperations, Long::parseLong);
        var writeCalls = amounts("--device-write-iops", writeOperations, Long::parseLong);
        var devices = new LinkedHashSet<Path>();
        for (var amounts : List.of(shares, reads, writes, readCalls, writeCalls)) {
            devices.addAll(amounts.keySet());
        }
        var limits = new ArrayList<Resources.DeviceLimit>();
        for (var device : devices) {
            var numbers = DeviceNumbers.of(device);
            limits.add(
                    new Resources.DeviceLimit(
                            numbers.major(),
                            numbers.minor(),
                            shares.get(device),
                            reads.get(device),
                            writes.get(device),
                            readCalls.get(device),
                            writeCalls.get(device)));
        }
        return new Resources.Io(share(weight), limits);
    }

    private static @Nullable Long share(@Nullable String weight) {
        return weight == null ? null : Refusal.naming("--blkio-weight", () -> weight(weight));
    }

    private static Map<Path, Long> amounts(
            String option, List<DeviceRateOption> rates, Function<String, Long> number) {
        var amounts = new LinkedHashMap<Path, Long>();
        for (var rate : rates) {
            amounts.put(rate.device(), Refusal.naming(option, () -> number.apply(rate.amount())));
        }
        return amounts;
    }

    private static long bytes(String size) {
        return ByteSize.parse(size).bytes();
    }

    /** Stretches the range of cgroup v1 over that of v2, as OCI runtimes do. */
    private static long weight(String text) {
        long weight = Long.parseLong(text);
        if (weight < LEAST || weight > MOST) {
            throw new IllegalArgumentException(weight + ": must be " + LEAST + " to " + MOST);
        }
        return 1 + (weight - LEAST) * 9999 / (MOST - LEAST);
    }
}
