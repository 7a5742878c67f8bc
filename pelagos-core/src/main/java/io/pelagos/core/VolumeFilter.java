package io.pelagos.core;

import java.util.function.Predicate;

/** Says which volumes are meant; several are combined by {@code and} and {@code or}. */
@FunctionalInterface
public interface VolumeFilter extends Predicate<Volume> {
    /**
     * Means those whose name contains a text.
     *
     * @param part the text
     * @return the filter
     */
    static VolumeFilter name(String part) {
        return volume -> volume.name().contains(part);
    }

    /**
     * Means those that have a label, whatever its value.
     *
     * @param key its key
     * @return the filter
     */
    static VolumeFilter label(String key) {
        return volume -> volume.labels().containsKey(key);
    }

    /**
     * Means those that have a label with a value.
     *
     * @param key its key
     * @param value its value
     * @return the filter
     */
    static VolumeFilter label(String key, String value) {
        return volume -> value.equals(volume.labels().get(key));
    }

    /**
     * Means those that some container mounts, or none.
     *
     * @param used which of both
     * @return the filter
     */
    static VolumeFilter used(boolean used) {
        return volume -> volume.users().isEmpty() != used;
    }
}
