package io.pelagos.core.oci;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A config.json of the OCI runtime specification, see <a
 * href="https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md">config.md</a>.
 *
 * @param ociVersion the version of the specification that it complies with
 * @param root the root file system
 * @param process the first program
 * @param hostname the host name
 * @param domainname the NIS domain name
 * @param mounts what is mounted, in order
 * @param hooks programs run at points of the lifecycle
 * @param annotations notes
 * @param linux what only Linux has
 * @param freebsd what only FreeBSD has
 * @param solaris what only Solaris has, as it is
 * @param windows what only Windows has, as it is
 * @param vm what only virtual machines have, as it is
 * @param zos what only z/OS has, as it is
 */
public record OciSpec(
        String ociVersion,
        @Nullable Root root,
        @Nullable OciProcess process,
        @Nullable String hostname,
        @Nullable String domainname,
        List<Mount> mounts,
        @Nullable Hooks hooks,
        Map<String, String> annotations,
        @Nullable OciLinux linux,
        @Nullable OciFreeBsd freebsd,
        @Nullable OtherPlatform solaris,
        @Nullable OtherPlatform windows,
        @Nullable OtherPlatform vm,
        @Nullable OtherPlatform zos) {
    /** Checks what the schema says and copies collections. */
    public OciSpec {
        Checks.required("ociVersion", ociVersion);
        mounts = Checks.copy(mounts);
        annotations = Checks.copy(annotations);
    }

    /**
     * The root file system of a container.
     *
     * @param path a directory, absolute or relative to the bundle
     * @param readonly whether it cannot be changed
     */
    public record Root(String path, @Nullable Boolean readonly) {
        /** Checks what the schema says and copies collections. */
        public Root {
            Checks.required("path", path);
        }
    }

    /**
     * Something mounted.
     *
     * @param destination where, an absolute path in the container
     * @param type the type of the file system
     * @param source a device, a name, or for a bind mount a file of the host
     * @param options as mount(8) has them
     * @param uidMappings user ids of an idmapped mount
     * @param gidMappings group ids of an idmapped mount
     */
    public record Mount(
            String destination,
            @Nullable String type,
            @Nullable String source,
            List<String> options,
            List<IdMapping> uidMappings,
            List<IdMapping> gidMappings) {
        /** Checks what the schema says and copies collections. */
        public Mount {
            Checks.required("destination", destination);
            options = Checks.copy(options);
            uidMappings = Checks.copy(uidMappings);
            gidMappings = Checks.copy(gidMappings);
        }
    }

    /**
     * A range of user or group ids.
     *
     * @param containerID the first id in the container
     * @param hostID the first id on the host
     * @param size how many
     */
    public record IdMapping(Long containerID, Long hostID, Long size) {
        /** Checks what the schema says and copies collections. */
        public IdMapping {
            Checks.range("containerID", containerID, 0, 4294967295L);
            Checks.range("hostID", hostID, 0, 4294967295L);
            Checks.range("size", size, 0, 4294967295L);
        }
    }

    /**
     * Programs run at points of the lifecycle.
     *
     * @param prestart after the namespaces were made; deprecated
     * @param createRuntime in the namespace of the runtime, before the root is changed
     * @param createContainer in that of the container, before the root is changed
     * @param startContainer before the program is executed
     * @param poststart after it was executed
     * @param poststop after the container was deleted
     */
    public record Hooks(
            List<Hook> prestart,
            List<Hook> createRuntime,
            List<Hook> createContainer,
            List<Hook> startContainer,
            List<Hook> poststart,
            List<Hook> poststop) {
        /** Checks what the schema says and copies collections. */
        public Hooks {
            prestart = Checks.copy(prestart);
            createRuntime = Checks.copy(createRuntime);
            createContainer = Checks.copy(createContainer);
            startContainer = Checks.copy(startContainer);
            poststart = Checks.copy(poststart);
            poststop = Checks.copy(poststop);
        }
    }

    /**
     * A program run at a point of the lifecycle.
     *
     * @param path an absolute path
     * @param args its arguments, with its name first
     * @param env its environment
     * @param timeout how many seconds it may take
     */
    public record Hook(String path, List<String> args, List<String> env, @Nullable Long timeout) {
        /** Checks what the schema says and copies collections. */
        public Hook {
            Checks.required("path", path);
            args = Checks.copy(args);
            env = Checks.copy(env);
            Checks.range("timeout", timeout, 1, Long.MAX_VALUE);
        }
    }

    /**
     * A part for another platform, kept as it is.
     *
     * @param json a JSON object, without blanks
     */
    public record OtherPlatform(String json) {
        /** Checks that it is a JSON object. */
        public OtherPlatform {
            json = Checks.object(Checks.required("json", json));
        }
    }

    /**
     * Reads a config.json. Fields that the specification does not have are passed over.
     *
     * @param json the text
     * @return the document
     * @throws IllegalArgumentException naming the path and the value that the specification does
     *     not allow
     */
    public static OciSpec parse(String json) {
        return parse(json, path -> {});
    }

    /**
     * Reads a config.json and reports the fields that the specification does not have.
     *
     * @param json the text
     * @param unknownField gets the path of every field that is passed over
     * @return the document
     * @throws IllegalArgumentException naming the path and the value that the specification does
     *     not allow
     */
    public static OciSpec parse(String json, Consumer<String> unknownField) {
        return OciJson.read("config.json", json, OciSpec.class, unknownField);
    }

    /**
     * Reads a config.json as {@link #parse(String)} does.
     *
     * @param file the document
     * @return the document
     * @throws UncheckedIOException when the file cannot be read
     * @throws IllegalArgumentException naming the file, the path and the value that the
     *     specification does not allow
     */
    public static OciSpec ofFile(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("config.json " + file, e);
        }
        return OciJson.read(file.toString(), text, OciSpec.class, path -> {});
    }

    /**
     * Returns the document as JSON; absent and empty components are left out.
     *
     * @return indented text, from which {@link #parse(String)} makes an equal value
     */
    public String toJson() {
        return OciJson.write(this);
    }
}
