package io.pelagos.examples.cli;

import io.pelagos.core.ContainerFilter;
import io.pelagos.core.VolumeFilter;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.ListenSocket;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.Personality;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.spec.Signal;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import picocli.CommandLine;

/** Which parser reads the values of which type of option. */
final class Converters {
    private Converters() {}

    static void register(CommandLine commandLine) {
        add(commandLine, ByteSize.class, ByteSize::parse);
        add(commandLine, CapabilityOption.class, CapabilityOption::parse);
        add(commandLine, DeviceOption.class, DeviceOption::parse);
        add(commandLine, DeviceRateOption.class, DeviceRateOption::parse);
        add(commandLine, ContainerFilter.class, FilterOption::parse);
        add(commandLine, Duration.class, DurationOption::parse);
        add(commandLine, EnvOption.class, EnvOption::parse);
        add(commandLine, FileMode.class, FileMode::of);
        add(commandLine, Instant.class, TimeOption::parse);
        add(commandLine, Restart.class, Restart::parse);
        add(commandLine, IdMap.class, IdMapOption::parse);
        add(commandLine, ImageChange.class, ImageChange::parse);
        add(commandLine, KeyValue.class, KeyValue::parse);
        add(commandLine, Label.class, Label::parse);
        add(commandLine, ListenSocket.class, ListenSocket::parse);
        add(commandLine, Mount.class, MountOption::parse);
        add(commandLine, Mount.Bind.class, VolumeOption::parse);
        add(commandLine, Mount.Tmpfs.class, TmpfsOption::parse);
        add(commandLine, NamespaceMode.class, NamespaceOption::parse);
        add(commandLine, Personality.class, Personality::parse);
        add(commandLine, Resources.DeviceRule.class, DeviceRuleOption::parse);
        add(commandLine, SecurityOption.class, SecurityOption::parse);
        add(commandLine, Signal.class, Signal::parse);
        add(commandLine, UlimitOption.class, UlimitOption::parse);
        add(commandLine, VolumeFilter.class, VolumeFilterOption::parse);
    }

    /**
     * A refused value becomes a message that names the option; anything else is our own failure.
     */
    private static <T> void add(CommandLine commandLine, Class<T> type, Function<String, T> parse) {
        commandLine.registerConverter(
                type,
                text -> {
                    try {
                        return parse.apply(text);
                    } catch (IllegalArgumentException | UncheckedIOException e) {
                        throw new CommandLine.TypeConversionException(e.getMessage());
                    }
                });
    }
}
