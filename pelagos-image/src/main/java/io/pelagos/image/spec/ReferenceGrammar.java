package io.pelagos.image.spec;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The grammar of references as it is written, before anything is made complete.
 *
 * <pre>
 * reference      := name [ ":" tag ] [ "@" digest ]
 * name           := [ domain "/" ] path
 * domain         := host [ ":" digits ]
 * host           := component ( "." component )* | "[" ipv6 "]"
 * path           := path-component ( "/" path-component )*
 * path-component := [a-z0-9]+ ( ( "." | "_" | "__" | "-"+ ) [a-z0-9]+ )*
 * tag            := [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}
 * digest         := algorithm ":" hexadecimal digits, at least 32
 * </pre>
 */
final class ReferenceGrammar {
    private static final int NAME_MAX = 255;

    /** No reference is longer: name, tag and digest, with a host before them. */
    private static final int LENGTH_MAX = 1024;

    private static final String LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    private static final String DOMAIN =
            "(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
    private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    private static final String PATH = COMPONENT + "(?:/" + COMPONENT + ")*";
    private static final String TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
    private static final String DIGEST =
            "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
    private static final Pattern REFERENCE =
            Pattern.compile(
                    "((?:" + DOMAIN + "/)?" + PATH + ")(?::(" + TAG + "))?(?:@(" + DIGEST + "))?");
    private static final Pattern NAME = Pattern.compile("(?:(" + DOMAIN + ")/)?(" + PATH + ")");
    private static final Pattern TAG_ALONE = Pattern.compile(TAG);

    private ReferenceGrammar() {}

    /**
     * A reference as written.
     *
     * @param domain the registry, empty when none is named
     * @param path the repository in it
     * @param tag the tag
     * @param digest the digest
     */
    record Written(String domain, String path, @Nullable String tag, @Nullable Digest digest) {
        String name() {
            return domain.isEmpty() ? path : domain + "/" + path;
        }
    }

    static Written parse(String text) {
        if (text.isEmpty()) {
            throw refused(text, "repository name must have at least one component");
        }
        if (text.length() > LENGTH_MAX) {
            throw refused(
                    text.substring(0, NAME_MAX) + "…",
                    "repository name must not be more than " + NAME_MAX + " characters");
        }
        var whole = match(text);
        var name = NAME.matcher(whole.group(1));
        if (!name.matches()) {
            throw refused(text, "invalid reference format");
        }
        var path = name.group(2);
        var domain = name.group(1) == null ? "" : name.group(1);
        if (path.length() > NAME_MAX) {
            throw refused(
                    text, "repository name must not be more than " + NAME_MAX + " characters");
        }
        return new Written(domain, path, whole.group(2), digest(text, whole.group(3)));
    }

    private static Matcher match(String text) {
        var matcher = REFERENCE.matcher(text);
        if (matcher.matches()) {
            return matcher;
        }
        throw refused(
                text,
                REFERENCE.matcher(text.toLowerCase(Locale.ROOT)).matches()
                        ? "repository name must be lowercase"
                        : "invalid reference format");
    }

    private static @Nullable Digest digest(String text, @Nullable String digest) {
        if (digest == null) {
            return null;
        }
        try {
            return Digest.parse(digest);
        } catch (IllegalArgumentException e) {
            throw refused(text, String.valueOf(e.getMessage()));
        }
    }

    static boolean isTag(String text) {
        return TAG_ALONE.matcher(text).matches();
    }

    static IllegalArgumentException refused(String text, String why) {
        return new IllegalArgumentException("image reference \"" + text + "\": " + why);
    }
}
