package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;

/** Where a namespace comes from: {@code private}, {@code host} or {@code ns:PATH}. */
final class NamespaceOption {
    private NamespaceOption() {}

    static NamespaceMode parse(String text) {
        return switch (text) {
            case "private", "none" -> NamespaceMode.CREATE;
            case "host" -> NamespaceMode.HOST;
            default -> {
                if (!text.startsWith("ns:")) {
                    throw new IllegalArgumentException(
                            "\"" + text + "\": must be private, host or ns:PATH");
                }
                yield new NamespaceMode.Path(text.substring(3));
            }
        };
    }

    static void apply(ContainerBuilder builder, Namespace kind, NamespaceMode mode) {
        switch (mode) {
            case NamespaceMode.Create _ -> builder.create(kind);
            case NamespaceMode.Host _ -> builder.share(kind);
            case NamespaceMode.Path(var path) -> builder.join(kind, path);
            case NamespaceMode.OfProcess _, NamespaceMode.OfContainer _ ->
                    throw new IllegalArgumentException(kind + ": has no text form: " + mode);
        }
    }
}
