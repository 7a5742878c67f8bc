package io.pelagos.core.spec;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Annotations of an OCI configuration that keep what the OCI runtime specification has no field
 * for. Other runtimes pass over them; {@link OciDocument} reads them back. What is as usual is not
 * noted.
 */
final class OciNotes {
    /** That the usual mounts are among those of the configuration. */
    static final String DEFAULT_MOUNTS = "io.pelagos.default-mounts";

    private static final String PREFIX = "io.pelagos.";
    private static final String CREATE_SOURCE = PREFIX + "create-source.";
    private static final String LABEL = PREFIX + "label.";
    private static final String STOP_SIGNAL = "org.opencontainers.image.stopSignal";

    private final JsonObject config;
    private final Map<String, String> annotations;

    private OciNotes(JsonObject config) {
        this.config = config;
        this.annotations = new LinkedHashMap<>(config.textMap("annotations"));
    }

    static OciNotes of(JsonObject config) {
        return new OciNotes(config);
    }

    static Map<String, String> write(ContainerSpec spec) {
        var notes = new TreeMap<>(spec.annotations());
        for (var key : spec.annotations().keySet()) {
            if (key.startsWith(PREFIX) || key.equals(STOP_SIGNAL)) {
                throw new IllegalArgumentException(
                        "annotation \""
                                + key
                                + "\": is what a config.json keeps another option in");
            }
        }
        note(notes, "name", spec.name());
        note(notes, "default-mounts", spec.defaultMounts() ? "true" : null);
        note(notes, "default-devices", OciMounts.hasOwnDev(spec) ? null : "false");
        spec.mounts().stream()
                .filter(mount -> mount instanceof Mount.Bind bind && bind.makesSource())
                .forEach(mount -> notes.put(CREATE_SOURCE + mount.target(), "true"));
        note(notes, "stdin", stdio("stdin", spec.stdin()));
        note(notes, "stdout", stdio("stdout", spec.stdout()));
        note(notes, "stderr", stdio("stderr", spec.stderr()));
        note(notes, "listening", listening(spec.process().descriptors()));
        note(notes, "landlock", landlock(spec.confinement().landlock()));
        note(notes, "privileged", spec.confinement().privileged() ? "true" : null);
        note(notes, "required", spec.resources().required() ? "true" : null);
        note(notes, "init", spec.init() ? "true" : null);
        note(
                notes,
                "supervision",
                spec.supervision() == Supervision.ATTACHED
                        ? null
                        : JsonObject.nameOf(spec.supervision()));
        note(notes, "timeout", spec.timeout() == null ? null : spec.timeout().toString());
        spec.labels().forEach((key, value) -> notes.put(LABEL + key, value));
        if (!spec.stopSignal().equals(Signal.TERM)) {
            notes.put(STOP_SIGNAL, spec.stopSignal().name());
        }
        return notes;
    }

    private static void note(Map<String, String> notes, String name, @Nullable String value) {
        if (value != null) {
            notes.put(PREFIX + name, value);
        }
    }

    private static @Nullable String stdio(String field, Stdio stream) {
        return switch (stream) {
            case Stdio.Pipe() -> null;
            case Stdio.Null() -> "null";
            case Stdio.Inherit() -> "inherit";
            case Stdio.ToFile(var path, var append) -> (append ? "append:" : "file:") + path;
            case Stdio.Descriptor _, Stdio.ToChannel _ ->
                    throw new IllegalArgumentException(
                            field + " " + stream + ": belongs to this JVM and has no JSON form");
        };
    }

    private static @Nullable String listening(Descriptors descriptors) {
        if (descriptors.count() == 0) {
            return null;
        }
        var node = Json.object();
        DescriptorsJson.write(node.putArray("listening"), descriptors);
        return node.toString();
    }

    private static @Nullable String landlock(LandlockRules rules) {
        if (rules.equals(LandlockRules.none())) {
            return null;
        }
        var node = Json.object();
        ConfinementJson.landlock(node, rules);
        return node.toString();
    }

    /** Takes a note away and returns it. */
    private <T> T take(String key, T absent, Function<String, T> parse) {
        var value = annotations.remove(key);
        if (value == null) {
            return absent;
        }
        return config.checked(
                () -> {
                    try {
                        return parse.apply(value);
                    } catch (IllegalArgumentException e) {
                        throw new IllegalArgumentException(
                                "annotations." + key + ": \"" + value + "\": " + e.getMessage(), e);
                    }
                });
    }

    private boolean flag(String name) {
        return take(PREFIX + name, false, OciNotes::flagOf);
    }

    private static boolean flagOf(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("must be true or false");
        }
        return text.equals("true");
    }

    String name() {
        return take(PREFIX + "name", "", Function.identity());
    }

    boolean defaultMounts() {
        return flag("default-mounts");
    }

    /** Whether the usual devices are supplied where nothing is mounted at {@code /dev}. */
    boolean defaultDevices() {
        return take(PREFIX + "default-devices", true, OciNotes::flagOf);
    }

    /** Returns the targets of bind mounts that make their source. */
    Set<String> made() {
        var targets = new HashSet<String>();
        for (var key : Set.copyOf(annotations.keySet())) {
            if (key.startsWith(CREATE_SOURCE) && take(key, false, OciNotes::flagOf)) {
                targets.add(key.substring(CREATE_SOURCE.length()));
            }
        }
        return targets;
    }

    Stdio stdio(String field) {
        return take(PREFIX + field, Stdio.PIPE, OciNotes::stdioOf);
    }

    private static Stdio stdioOf(String text) {
        if (text.startsWith("file:")) {
            return Stdio.file(Path.of(text.substring("file:".length())));
        }
        if (text.startsWith("append:")) {
            return Stdio.append(Path.of(text.substring("append:".length())));
        }
        return switch (text) {
            case "null" -> Stdio.NULL;
            case "inherit" -> Stdio.INHERIT;
            default ->
                    throw new IllegalArgumentException(
                            "must be null, inherit, file:PATH or append:PATH");
        };
    }

    Descriptors descriptors() {
        return take(
                PREFIX + "listening",
                Descriptors.NONE,
                text -> {
                    var sockets = JsonObject.parse("listening sockets", text);
                    var parsed = DescriptorsJson.read(sockets);
                    sockets.refuseUnread(value -> false, "there is no such field");
                    return parsed;
                });
    }

    LandlockRules landlock() {
        return take(
                PREFIX + "landlock",
                LandlockRules.none(),
                text -> {
                    var rules = JsonObject.parse("landlock rules", text);
                    var parsed = ConfinementJson.landlock(rules);
                    rules.refuseUnread(value -> false, "there is no such field");
                    return parsed;
                });
    }

    boolean privileged() {
        return flag("privileged");
    }

    boolean required() {
        return flag("required");
    }

    boolean init() {
        return flag("init");
    }

    Supervision supervision() {
        return take(
                PREFIX + "supervision",
                Supervision.ATTACHED,
                text ->
                        switch (text) {
                            case "child" -> Supervision.CHILD;
                            case "detached" -> Supervision.DETACHED;
                            default ->
                                    throw new IllegalArgumentException("must be child or detached");
                        });
    }

    Duration timeoutOrZero() {
        return take(PREFIX + "timeout", Duration.ZERO, SpecJson::duration);
    }

    Signal stopSignal() {
        return take(STOP_SIGNAL, Signal.TERM, Signal::parse);
    }

    Map<String, String> labels() {
        var labels = new LinkedHashMap<String, String>();
        for (var key : Set.copyOf(annotations.keySet())) {
            if (key.startsWith(LABEL)) {
                labels.put(key.substring(LABEL.length()), take(key, "", Function.identity()));
            }
        }
        return labels;
    }

    /** Returns the annotations that are no notes, once all notes were taken. */
    Map<String, String> others() {
        for (var key : annotations.keySet()) {
            if (key.startsWith(PREFIX)) {
                throw config.refuse(
                        "annotations", "\"" + key + "\": this version of Pelagos does not know it");
            }
        }
        return annotations;
    }
}
