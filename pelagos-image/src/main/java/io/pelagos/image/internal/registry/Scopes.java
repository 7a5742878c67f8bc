package io.pelagos.image.internal.registry;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a token is to allow, see <a
 * href="https://distribution.github.io/distribution/spec/auth/scope/">token scopes</a>: actions by
 * resource.
 *
 * @param actions the actions by {@code type:name}
 */
record Scopes(Map<String, String> actions) {
    static final Scopes NONE = new Scopes(Map.of());
    static final Scopes CATALOG = parse("registry:catalog:*");

    Scopes {
        actions = Map.copyOf(actions);
    }

    static Scopes repository(String path, String actions) {
        return parse("repository:" + path + ":" + actions);
    }

    /** Reads scopes with spaces between them; a name may have colons of its own. */
    static Scopes parse(String text) {
        var scopes = NONE;
        for (var scope : text.strip().split(" +", -1)) {
            int first = scope.indexOf(':');
            int last = scope.lastIndexOf(':');
            if (first > 0 && last > first) {
                scopes =
                        scopes.and(
                                new Scopes(
                                        Map.of(
                                                scope.substring(0, last),
                                                scope.substring(last + 1))));
            }
        }
        return scopes;
    }

    Scopes and(Scopes other) {
        var merged = new TreeMap<String, TreeSet<String>>();
        for (var scopes : List.of(this, other)) {
            scopes.actions.forEach(
                    (resource, words) ->
                            merged.computeIfAbsent(resource, key -> new TreeSet<>())
                                    .addAll(List.of(words.split(","))));
        }
        var joined = new TreeMap<String, String>();
        merged.forEach((resource, words) -> joined.put(resource, String.join(",", words)));
        return new Scopes(joined);
    }

    /** In the form of a request, sorted. */
    List<String> list() {
        return new TreeMap<>(actions)
                .entrySet().stream().map(entry -> entry.getKey() + ":" + entry.getValue()).toList();
    }
}
