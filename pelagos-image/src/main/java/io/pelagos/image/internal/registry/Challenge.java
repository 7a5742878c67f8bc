package io.pelagos.image.internal.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a server wants to be told before it answers, see RFC 9110 section 11.6.1.
 *
 * @param scheme in lower case, for example {@code bearer}
 * @param parameters by name in lower case
 */
record Challenge(String scheme, Map<String, String> parameters) {
    static final String BEARER = "bearer";
    static final String BASIC = "basic";

    Challenge {
        parameters = Map.copyOf(parameters);
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    /** Reads the values of all WWW-Authenticate headers; what cannot be read ends a header. */
    static List<Challenge> parse(List<String> headers) {
        var challenges = new ArrayList<Challenge>();
        for (var header : headers) {
            new Reader(header).readInto(challenges);
        }
        return List.copyOf(challenges);
    }

    /**
     * A comma separates challenges as well as the parameters of one: a word that no equals sign
     * follows begins a challenge.
     */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        void readInto(List<Challenge> challenges) {
            skipCommas();
            while (at < text.length()) {
                var scheme = token();
                if (scheme.isEmpty()) {
                    return;
                }
                challenges.add(
                        new Challenge(scheme.toLowerCase(Locale.ROOT), parametersOrToken68()));
                skipCommas();
            }
        }

        private Map<String, String> parametersOrToken68() {
            var parameters = new LinkedHashMap<String, String>();
            skipSpaces();
            if (at < text.length() && text.charAt(at) == ',') {
                return parameters;
            }
            while (at < text.length()) {
                int start = at;
                var name = token();
                skipSpaces();
                if (name.isEmpty() || !next('=')) {
                    if (parameters.isEmpty()) {
                        skipToken68();
                    } else {
                        // It is the scheme of the next challenge.
                        at = start;
                    }
                    return parameters;
                }
                skipSpaces();
                if (at >= text.length() || text.charAt(at) == '=' || text.charAt(at) == ',') {
                    skipToken68();
                    return parameters;
                }
                var value = text.charAt(at) == '"' ? quoted() : token();
                parameters.putIfAbsent(name.toLowerCase(Locale.ROOT), value);
                skipSpaces();
                int comma = at;
                skipCommas();
                if (at == comma) {
                    return parameters;
                }
            }
            return parameters;
        }

        private void skipToken68() {
            while (at < text.length() && text.charAt(at) != ',') {
                at++;
            }
        }

        private String token() {
            int start = at;
            while (at < text.length() && isTokenChar(text.charAt(at))) {
                at++;
            }
            return text.substring(start, at);
        }

        private static boolean isTokenChar(char c) {
            return c > ' ' && c < 127 && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0;
        }

        private String quoted() {
            var value = new StringBuilder();
            at++;
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at++));
            }
            at++;
            return value.toString();
        }

        private boolean next(char c) {
            if (at < text.length() && text.charAt(at) == c) {
                at++;
                return true;
            }
            return false;
        }

        private void skipSpaces() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
                at++;
            }
        }

        private void skipCommas() {
            while (at < text.length() && " \t,".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }
    }
}
