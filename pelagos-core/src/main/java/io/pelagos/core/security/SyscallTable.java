package io.pelagos.core.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The numbers of all system calls by name, for every way to enter the kernel of an x86_64 or
 * aarch64 machine. The data lies in {@code syscalls.tsv} beside this class.
 */
public final class SyscallTable {
    private static final List<SeccompArch> COLUMNS =
            List.of(
                    SeccompArch.X86_64,
                    SeccompArch.X86,
                    SeccompArch.X32,
                    SeccompArch.AARCH64,
                    SeccompArch.ARM);

    private static final Map<SeccompArch, Map<String, Integer>> NUMBERS = read();

    private SyscallTable() {}

    /**
     * Returns the architectures that the table has.
     *
     * @return the architectures, unmodifiable
     */
    public static List<SeccompArch> architectures() {
        return COLUMNS;
    }

    /**
     * Returns the number of a call, as the kernel reports it to a filter: that of x32 has {@link
     * SeccompArch#X32_BIT} set.
     *
     * @param arch on which architecture
     * @param name the name of the call
     * @return the number, or empty when the architecture has no such call
     */
    public static OptionalInt number(SeccompArch arch, String name) {
        var number = calls(arch).get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /**
     * Returns all calls of an architecture.
     *
     * @param arch which architecture
     * @return name to number, in the order of the names, unmodifiable; empty for an architecture
     *     that the table does not have
     */
    public static Map<String, Integer> calls(SeccompArch arch) {
        return NUMBERS.getOrDefault(arch, Map.of());
    }

    /**
     * Tells whether any architecture of the table has a call.
     *
     * @param name the name of the call
     * @return true when there is one
     */
    public static boolean knows(String name) {
        return NUMBERS.values().stream().anyMatch(calls -> calls.containsKey(name));
    }

    private static Map<SeccompArch, Map<String, Integer>> read() {
        var stream =
                Objects.requireNonNull(
                        SyscallTable.class.getResourceAsStream("syscalls.tsv"),
                        "syscalls.tsv is missing in the module");
        var numbers = new EnumMap<SeccompArch, Map<String, Integer>>(SeccompArch.class);
        COLUMNS.forEach(arch -> numbers.put(arch, new LinkedHashMap<>()));
        try (var lines = new BufferedReader(new InputStreamReader(stream, UTF_8))) {
            lines.lines().filter(line -> !line.startsWith("#")).forEach(line -> add(numbers, line));
        } catch (IOException e) {
            throw new UncheckedIOException("syscalls.tsv", e);
        }
        numbers.replaceAll((arch, calls) -> Collections.unmodifiableMap(calls));
        return numbers;
    }

    private static void add(Map<SeccompArch, Map<String, Integer>> numbers, String line) {
        var fields = line.split("\t", -1);
        for (int column = 0; column < COLUMNS.size(); column++) {
            var arch = COLUMNS.get(column);
            var field = fields[column + 1];
            if (!field.equals("-")) {
                int bit = arch == SeccompArch.X32 ? SeccompArch.X32_BIT : 0;
                numbers.computeIfAbsent(arch, _ -> new LinkedHashMap<>())
                        .put(fields[0], Integer.parseInt(field) | bit);
            }
        }
    }
}
