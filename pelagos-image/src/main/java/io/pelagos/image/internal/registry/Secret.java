package io.pelagos.image.internal.registry;

/** A password or a token. It is shown to nobody but the registry that it is for. */
public final class Secret {
    private final String value;

    /**
     * Keeps a secret.
     *
     * @param value the password or token
     */
    public Secret(String value) {
        this.value = value;
    }

    String value() {
        return value;
    }

    boolean isEmpty() {
        return value.isEmpty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && secret.value.equals(value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
