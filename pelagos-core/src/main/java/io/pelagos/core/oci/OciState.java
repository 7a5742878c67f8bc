package io.pelagos.core.oci;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a container, see <a
 * href="https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#state">runtime.md</a>.
 *
 * @param ociVersion the version of the specification that it complies with
 * @param id the id of the container
 * @param status where it is in its life
 * @param pid the process id of its program, as the host sees it
 * @param bundle the absolute path of its bundle
 * @param annotations its notes
 */
public record OciState(
        String ociVersion,
        String id,
        Status status,
        @Nullable Long pid,
        String bundle,
        Map<String, String> annotations) {
    /** Checks what the schema says and copies collections. */
    public OciState {
        Checks.required("ociVersion", ociVersion);
        Checks.required("id", id);
        Checks.required("status", status);
        Checks.required("bundle", bundle);
        annotations = Checks.copy(annotations);
        Checks.range("pid", pid, 0, Long.MAX_VALUE);
    }

    /** Where a container is in its life. */
    public enum Status {
        /** {@code creating}. */
        CREATING("creating"),
        /** {@code created}. */
        CREATED("created"),
        /** {@code running}. */
        RUNNING("running"),
        /** {@code stopped}. */
        STOPPED("stopped");

        private final String text;

        Status(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Reads the state of a container. Fields that the specification does not have are passed over.
     *
     * @param json the text
     * @return the document
     * @throws IllegalArgumentException naming the path and the value that the specification does
     *     not allow
     */
    public static OciState parse(String json) {
        return OciJson.read("state", json, OciState.class, path -> {});
    }

    /**
     * Returns the document as JSON; absent and empty components are left out.
     *
     * @return indented text, from which {@link #parse} makes an equal value
     */
    public String toJson() {
        return OciJson.write(this);
    }
}
