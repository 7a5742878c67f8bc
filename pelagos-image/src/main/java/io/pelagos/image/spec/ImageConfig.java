package io.pelagos.image.spec;

import io.pelagos.core.spec.HealthCheck;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Describes an image: what machine it is for, how it runs, what its layers are when they are not
 * compressed, and how it came to be; see config.md of the OCI image specification.
 *
 * @param platform what machine it is for
 * @param created when it was made, or null
 * @param author who made it, or null
 * @param execution how it runs
 * @param diffIds digests of the layers when they are not compressed, the lowest first
 * @param history how it came to be, the oldest first
 */
public record ImageConfig(
        Platform platform,
        @Nullable Instant created,
        @Nullable String author,
        Execution execution,
        List<Digest> diffIds,
        List<History> history) {
    /** Copies the lists. */
    public ImageConfig {
        diffIds = List.copyOf(diffIds);
        history = List.copyOf(history);
    }

    /**
     * How containers of an image run.
     *
     * @param user as in {@code user}, {@code uid}, {@code user:group}, {@code uid:gid}; or empty
     * @param exposedPorts as in {@code 6379/tcp}
     * @param env as in {@code NAME=value}
     * @param entrypoint what comes before every command
     * @param cmd the command, or what is given to the entrypoint, unless the caller says otherwise
     * @param volumes paths whose contents outlive the container
     * @param workingDir an absolute path, or empty
     * @param labels names and values
     * @param stopSignal the name or number of a signal, or null
     * @param shell what runs commands that are one text
     * @param healthcheck how one knows that it works, or null
     */
    public record Execution(
            String user,
            List<String> exposedPorts,
            List<String> env,
            List<String> entrypoint,
            List<String> cmd,
            List<String> volumes,
            String workingDir,
            Map<String, String> labels,
            @Nullable String stopSignal,
            List<String> shell,
            @Nullable Healthcheck healthcheck) {
        /** An image that says nothing. */
        public static final Execution NONE =
                new Execution(
                        "", List.of(), List.of(), List.of(), List.of(), List.of(), "", Map.of(),
                        null, List.of(), null);

        /** Copies the lists. */
        public Execution {
            exposedPorts = List.copyOf(exposedPorts);
            env = List.copyOf(env);
            entrypoint = List.copyOf(entrypoint);
            cmd = List.copyOf(cmd);
            volumes = List.copyOf(volumes);
            labels = Map.copyOf(labels);
            shell = List.copyOf(shell);
        }

        static Execution read(Fields fields) {
            var env = fields.texts("Env");
            for (var variable : env) {
                if (variable.indexOf('=') < 1) {
                    throw new BadContentException(
                            "config: Env: \"" + variable + "\": must be NAME=value");
                }
            }
            var user = fields.text("User");
            var workingDir = fields.text("WorkingDir");
            return new Execution(
                    user == null ? "" : user,
                    fields.names("ExposedPorts"),
                    env,
                    fields.texts("Entrypoint"),
                    fields.texts("Cmd"),
                    fields.names("Volumes"),
                    workingDir == null ? "" : workingDir,
                    fields.textMap("Labels"),
                    fields.text("StopSignal"),
                    fields.texts("Shell"),
                    fields.object("Healthcheck", Healthcheck::read));
        }

        Map<String, Object> write() {
            var fields = new LinkedHashMap<String, Object>();
            Documents.put(fields, "User", user.isEmpty() ? null : user);
            Documents.put(fields, "ExposedPorts", set(exposedPorts));
            Documents.put(fields, "Env", env);
            Documents.put(fields, "Entrypoint", entrypoint);
            Documents.put(fields, "Cmd", cmd);
            Documents.put(fields, "Volumes", set(volumes));
            Documents.put(fields, "WorkingDir", workingDir.isEmpty() ? null : workingDir);
            Documents.put(fields, "Labels", Documents.sorted(labels));
            Documents.put(fields, "StopSignal", stopSignal);
            Documents.put(fields, "Shell", shell);
            Documents.put(fields, "Healthcheck", healthcheck == null ? null : healthcheck.write());
            return fields;
        }

        private static Map<String, Object> set(List<String> names) {
            var set = new TreeMap<String, Object>();
            names.forEach(name -> set.put(name, Map.of()));
            return set;
        }
    }

    /**
     * Docker's addition to the configuration: how one knows that a container works. Times are in
     * nanoseconds, 0 for the usual one.
     *
     * @param test {@code NONE}; or {@code CMD} and arguments; or {@code CMD-SHELL} and a command
     * @param interval between two checks
     * @param timeout how long one may take
     * @param startPeriod how long failures do not count
     * @param retries after how many failures it is unhealthy
     */
    public record Healthcheck(
            List<String> test, long interval, long timeout, long startPeriod, int retries) {
        /** Copies the test. */
        public Healthcheck {
            test = List.copyOf(test);
        }

        static Healthcheck read(Fields fields) {
            return new Healthcheck(
                    fields.texts("Test"),
                    number(fields, "Interval"),
                    number(fields, "Timeout"),
                    number(fields, "StartPeriod"),
                    Math.toIntExact(Math.min(Integer.MAX_VALUE, number(fields, "Retries"))));
        }

        /**
         * Writes down a check of core.
         *
         * @param check one that runs a program
         * @return the same in an image
         * @throws IllegalArgumentException when an image cannot say it
         */
        public static Healthcheck of(HealthCheck check) {
            return HealthChecks.of(check);
        }

        private static long number(Fields fields, String field) {
            return fields.has(field) ? fields.size(field) : 0;
        }

        Map<String, Object> write() {
            var fields = new LinkedHashMap<String, Object>();
            Documents.put(fields, "Test", test);
            Documents.put(fields, "Interval", interval == 0 ? null : interval);
            Documents.put(fields, "Timeout", timeout == 0 ? null : timeout);
            Documents.put(fields, "StartPeriod", startPeriod == 0 ? null : startPeriod);
            Documents.put(fields, "Retries", retries == 0 ? null : retries);
            return fields;
        }
    }

    /**
     * A step in which an image came to be.
     *
     * @param created when, or null
     * @param createdBy the command, or null
     * @param author who, or null
     * @param comment a remark, or null
     * @param emptyLayer whether the step has made no layer
     */
    public record History(
            @Nullable Instant created,
            @Nullable String createdBy,
            @Nullable String author,
            @Nullable String comment,
            boolean emptyLayer) {
        static History read(Fields fields) {
            return new History(
                    fields.time("created"),
                    fields.text("created_by"),
                    fields.text("author"),
                    fields.text("comment"),
                    fields.flag("empty_layer"));
        }

        Map<String, Object> write() {
            var fields = new LinkedHashMap<String, Object>();
            Documents.put(fields, "created", created == null ? null : created.toString());
            Documents.put(fields, "created_by", createdBy);
            Documents.put(fields, "author", author);
            Documents.put(fields, "comment", comment);
            Documents.put(fields, "empty_layer", emptyLayer ? true : null);
            return fields;
        }
    }

    /**
     * Reads a configuration.
     *
     * @param json the document
     * @return the configuration
     * @throws BadContentException when it breaks the specification
     */
    public static ImageConfig parse(byte[] json) {
        var fields = Fields.of("config", json, Documents.LIMIT);
        var os = fields.neededText("os");
        var architecture = fields.neededText("architecture");
        var platform =
                fields.checked(
                        () ->
                                new Platform(
                                        os,
                                        architecture,
                                        fields.text("variant"),
                                        fields.text("os.version"),
                                        fields.texts("os.features")));
        var execution = fields.object("config", Execution::read);
        return new ImageConfig(
                platform,
                fields.time("created"),
                fields.text("author"),
                execution == null ? Execution.NONE : execution,
                fields.neededObject("rootfs", ImageConfig::diffIds),
                fields.objects("history", History::read));
    }

    private static List<Digest> diffIds(Fields rootfs) {
        var type = rootfs.neededText("type");
        if (!type.equals("layers")) {
            throw new BadContentException("config: rootfs: type \"" + type + "\": must be layers");
        }
        if (!rootfs.has("diff_ids")) {
            throw new BadContentException("config: rootfs: diff_ids: is missing");
        }
        var all = new ArrayList<Digest>();
        for (var text : rootfs.texts("diff_ids")) {
            all.add(rootfs.checked(() -> Digest.parse(text)));
        }
        return all;
    }

    /**
     * Returns how one knows that containers of this image work.
     *
     * @return a health check for core, or null when the image has none or switches it off
     */
    public @Nullable HealthCheck healthCheck() {
        var check = execution.healthcheck();
        return check == null ? null : HealthChecks.of(check);
    }

    /**
     * Writes the document.
     *
     * @return JSON, the same for equal values
     */
    public byte[] toJson() {
        var fields = new LinkedHashMap<String, Object>();
        Documents.put(fields, "created", created == null ? null : created.toString());
        Documents.put(fields, "author", author);
        fields.put("architecture", platform.architecture());
        Documents.put(fields, "variant", platform.variant());
        fields.put("os", platform.os());
        Documents.put(fields, "os.version", platform.osVersion());
        Documents.put(fields, "os.features", platform.osFeatures());
        fields.put("config", execution.write());
        var rootfs = new LinkedHashMap<String, Object>();
        rootfs.put("type", "layers");
        rootfs.put("diff_ids", diffIds.stream().map(Digest::toString).toList());
        fields.put("rootfs", rootfs);
        Documents.put(fields, "history", history.stream().map(History::write).toList());
        return Documents.write(fields);
    }
}
