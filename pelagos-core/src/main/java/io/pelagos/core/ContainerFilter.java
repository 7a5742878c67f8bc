package io.pelagos.core;

import java.util.function.Predicate;

/** Says which detached containers are meant; several are combined by {@code and} and {@code or}. */
@FunctionalInterface
public interface ContainerFilter extends Predicate<ContainerInfo> {
    /**
     * Means those whose name contains a text.
     *
     * @param part the text
     * @return the filter
     */
    static ContainerFilter name(String part) {
        return info -> info.name().contains(part);
    }

    /**
     * Means those that have a label, whatever its value.
     *
     * @param key its key
     * @return the filter
     */
    static ContainerFilter label(String key) {
        return info -> info.labels().containsKey(key);
    }

    /**
     * Means those that have a label with a value.
     *
     * @param key its key
     * @param value its value
     * @return the filter
     */
    static ContainerFilter label(String key, String value) {
        return info -> value.equals(info.labels().get(key));
    }

    /**
     * Means those with a status.
     *
     * @param status the status
     * @return the filter
     */
    static ContainerFilter status(ContainerInfo.Status status) {
        return info -> info.status() == status;
    }
}
