package io.pelagos.core.paths;

/** What a network may be called, as far as files are concerned: a path element without a dot. */
final class NetworkName {
    private static final String OPTION = "network name";

    private NetworkName() {}

    static PathElement of(String name) {
        if (name.indexOf('.') >= 0) {
            throw PathElement.refused(OPTION, name, "contains a dot");
        }
        return new PathElement(OPTION, name);
    }
}
