package io.pelagos.core.security;

import io.pelagos.core.kernel.Architecture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which system calls a container may make, as an immutable value.
 *
 * <p>This is the union of the two JSON shapes in use: Docker's profiles ({@code archMap}, {@code
 * includes}, {@code excludes}) and {@code linux.seccomp} of the OCI runtime specification ({@code
 * architectures}, {@code flags}, {@code listenerPath}). {@link #resolve} turns the first into the
 * second for one machine and container; {@link SeccompCompiler} makes a filter of either.
 *
 * <p>What the rules say of one call is read as libseccomp and runc read it: a rule whose action is
 * the default action says nothing; a rule without conditions wins over rules with conditions, the
 * first of several such rules wins; of rules with conditions the first whose conditions hold wins.
 *
 * @param defaultAction what happens to calls that no rule is about
 * @param architectures the ways to enter the kernel that the filter knows besides the machine's own
 * @param archMap the same, for each architecture of a machine; at most one of the two is given
 * @param flags how the filter is installed
 * @param rules in the order in which they are read
 * @param listenerPath a socket that gets the descriptor for {@link SeccompAction#NOTIFY}, empty for
 *     none
 * @param listenerMetadata opaque text for the one who listens there, empty for none
 */
public record SeccompProfile(
        SeccompAction defaultAction,
        List<SeccompArch> architectures,
        Map<SeccompArch, List<SeccompArch>> archMap,
        Set<SeccompFlag> flags,
        List<SeccompRule> rules,
        String listenerPath,
        String listenerMetadata) {

    /**
     * Checks that at most one of the two lists of architectures is given, and takes copies.
     *
     * @param defaultAction what happens to calls that no rule is about
     * @param architectures the ways to enter the kernel
     * @param archMap the same for each architecture
     * @param flags how the filter is installed
     * @param rules in the order in which they are read
     * @param listenerPath a socket, or empty
     * @param listenerMetadata opaque text, or empty
     */
    public SeccompProfile {
        architectures = List.copyOf(architectures);
        rules = List.copyOf(rules);
        var orderedFlags = EnumSet.noneOf(SeccompFlag.class);
        orderedFlags.addAll(flags);
        flags = Collections.unmodifiableSet(orderedFlags);
        var orderedMap = new EnumMap<SeccompArch, List<SeccompArch>>(SeccompArch.class);
        archMap.forEach((arch, others) -> orderedMap.put(arch, List.copyOf(others)));
        archMap = Collections.unmodifiableMap(orderedMap);
        if (!architectures.isEmpty() && !archMap.isEmpty()) {
            throw new IllegalArgumentException(
                    "seccomp profile: architectures and archMap: only one of them can be given");
        }
    }

    /**
     * Returns the default of every container: an allow list equivalent to Docker's default profile,
     * with its argument conditions, capability-dependent calls and sub-architectures. What it
     * leaves out and why is said in the comments of its rules.
     *
     * @return the profile
     */
    public static SeccompProfile dockerDefault() {
        return DockerProfile.PROFILE;
    }

    /**
     * Returns {@link #dockerDefault} with io_uring, which Docker leaves out since it has been the
     * way into the kernel of many exploits.
     *
     * @return the profile
     */
    public static SeccompProfile dockerDefaultWithIoUring() {
        return dockerDefault()
                .plus(
                        SeccompRule.allow("io_uring_enter", "io_uring_register", "io_uring_setup")
                                .comment("asynchronous I/O by shared rings"));
    }

    /**
     * Returns an allow list of what an ordinary single program needs: files, memory, threads,
     * signals, time, its own children, sockets. No kernel administration under any capability, no
     * tracing, no System V IPC, no 32-bit calls.
     *
     * @return the profile
     */
    public static SeccompProfile minimal() {
        return MinimalProfile.PROFILE;
    }

    /**
     * Returns the profile that allows everything.
     *
     * @return the profile
     */
    public static SeccompProfile unconfined() {
        return builder(SeccompAction.ALLOW).build();
    }

    /**
     * Starts a profile.
     *
     * @param defaultAction what happens to calls that no rule is about
     * @return a builder
     */
    public static Builder builder(SeccompAction defaultAction) {
        return new Builder(defaultAction);
    }

    /**
     * Reads a profile in Docker's or the OCI shape, strictly: a field that neither of them has is
     * refused, so that a misspelt one does not weaken a filter in silence.
     *
     * @param json the text
     * @return the profile
     * @throws IllegalArgumentException naming the JSON path and the value that is wrong
     */
    public static SeccompProfile parse(String json) {
        return parse(
                json,
                path -> {
                    throw new IllegalArgumentException(
                            "seccomp profile: " + path + ": there is no such field");
                });
    }

    /**
     * Reads a profile as {@link #parse(String)} does, but leaves the decision about unknown fields
     * to the caller: the OCI runtime specification wants them ignored.
     *
     * @param json the text
     * @param unknownField gets the JSON path of every field that is skipped
     * @return the profile
     * @throws IllegalArgumentException naming the JSON path and the value that is wrong
     */
    public static SeccompProfile parse(String json, Consumer<String> unknownField) {
        return new SeccompReader(unknownField).read(json);
    }

    /**
     * Reads a profile from a file as {@link #parse(String)} does.
     *
     * @param file a JSON document
     * @return the profile
     * @throws UncheckedIOException when the file cannot be read
     * @throws IllegalArgumentException naming the file, the JSON path and the value that is wrong
     */
    public static SeccompProfile ofFile(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("seccomp profile " + file, e);
        }
        try {
            return parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Returns the profile as JSON: in the OCI shape when nothing in it needs Docker's. {@link
     * #parse(String)} reads an equal profile from it.
     *
     * @return an indented document
     */
    public String toJson() {
        return SeccompWriter.write(this);
    }

    /**
     * Adds rules behind those that are there.
     *
     * @param more the rules
     * @return a new profile
     */
    public SeccompProfile plus(SeccompRule... more) {
        var all = new ArrayList<>(rules);
        all.addAll(List.of(more));
        return new SeccompProfile(
                defaultAction, architectures, archMap, flags, all, listenerPath, listenerMetadata);
    }

    /**
     * Tells whether installing a filter would change nothing.
     *
     * @return true when every call is allowed
     */
    public boolean isUnconfined() {
        return defaultAction.equals(SeccompAction.ALLOW)
                && rules.stream().allMatch(rule -> rule.action().equals(SeccompAction.ALLOW));
    }

    /**
     * Returns what is left of the profile on one machine for one container: the rules that count
     * there, without their circumstances, and the architectures as a plain list. The result can be
     * written into an OCI configuration.
     *
     * @param target the machine and the container
     * @return a profile without archMap, includes and excludes
     */
    public SeccompProfile resolve(SeccompTarget target) {
        var plain =
                rules.stream()
                        .filter(rule -> rule.appliesTo(target))
                        .map(SeccompRule::everywhere)
                        .toList();
        return new SeccompProfile(
                defaultAction,
                architecturesOn(target.architecture()),
                Map.of(),
                flags,
                plain,
                listenerPath,
                listenerMetadata);
    }

    private List<SeccompArch> architecturesOn(Architecture machine) {
        if (archMap.isEmpty()) {
            return architectures;
        }
        var own = SeccompArch.nativeOf(machine);
        var all = new ArrayList<SeccompArch>();
        all.add(own);
        all.addAll(archMap.getOrDefault(own, List.of()));
        return all;
    }

    /** Collects the parts of a profile. */
    public static final class Builder {
        private final SeccompAction defaultAction;
        private final List<SeccompArch> architectures = new ArrayList<>();
        private final Map<SeccompArch, List<SeccompArch>> archMap =
                new EnumMap<>(SeccompArch.class);
        private final Set<SeccompFlag> flags = EnumSet.noneOf(SeccompFlag.class);
        private final List<SeccompRule> rules = new ArrayList<>();
        private String listenerPath = "";
        private String listenerMetadata = "";

        private Builder(SeccompAction defaultAction) {
            this.defaultAction = defaultAction;
        }

        /**
         * Adds ways to enter the kernel.
         *
         * @param more those that the filter knows besides the machine's own
         * @return this
         */
        public Builder architectures(SeccompArch... more) {
            architectures.addAll(List.of(more));
            return this;
        }

        /**
         * Adds ways to enter the kernel of machines of one architecture.
         *
         * @param machine the machine's architecture
         * @param others those that the filter knows besides it
         * @return this
         */
        public Builder archMap(SeccompArch machine, SeccompArch... others) {
            archMap.put(machine, List.of(others));
            return this;
        }

        /**
         * Adds flags.
         *
         * @param more how the filter is installed
         * @return this
         */
        public Builder flags(SeccompFlag... more) {
            flags.addAll(List.of(more));
            return this;
        }

        /**
         * Adds a rule that allows calls with any arguments.
         *
         * @param names names of system calls
         * @return this
         */
        public Builder allow(String... names) {
            return rule(SeccompRule.allow(names));
        }

        /**
         * Adds a rule.
         *
         * @param rule read after those that are there
         * @return this
         */
        public Builder rule(SeccompRule rule) {
            rules.add(rule);
            return this;
        }

        /**
         * Says who answers for {@link SeccompAction#NOTIFY}.
         *
         * @param path a listening socket that gets the descriptor
         * @param metadata opaque text for the one who listens there
         * @return this
         */
        public Builder listener(String path, String metadata) {
            listenerPath = path;
            listenerMetadata = metadata;
            return this;
        }

        /**
         * Makes the profile.
         *
         * @return the profile
         * @throws IllegalArgumentException when both architectures and archMap were given
         */
        public SeccompProfile build() {
            return new SeccompProfile(
                    defaultAction,
                    architectures,
                    archMap,
                    flags,
                    rules,
                    listenerPath,
                    listenerMetadata);
        }
    }
}
