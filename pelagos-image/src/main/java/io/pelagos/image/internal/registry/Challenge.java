package io.pelagos.image.internal.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a server wants to know, see WWW-Authenticate in RFC 9110 section 11.6.1.
 *
 * @param scheme in lower case, such as {@code basic} and {@code bearer}
 * @param parameters by their names in lower case
 */
record Challenge(String scheme, Map<String, String> parameters) {
    private static final String TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~";

    /** Reads one header, which may have several challenges; what follows damage is left out. */
    static List<Challenge> parse(String header) {
        var all = new ArrayList<Challenge>();
        var in = new Scanner(header);
        String scheme = null;
        var parameters = new LinkedHashMap<String, String>();
        while (true) {
            in.skipSeparators();
            var token = in.token();
            if (token.isEmpty()) {
                break;
            }
            in.skipSpaces();
            if (in.takes('=')) {
                in.skipSpaces();
                parameters.put(token.toLowerCase(Locale.ROOT), in.value());
            } else {
                if (scheme != null) {
                    all.add(new Challenge(scheme, Map.copyOf(parameters)));
                }
                scheme = token.toLowerCase(Locale.ROOT);
                parameters.clear();
            }
        }
        if (scheme != null) {
            all.add(new Challenge(scheme, Map.copyOf(parameters)));
        }
        return all;
    }

    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    private static final class Scanner {
        private final String text;
        private int at;

        Scanner(String text) {
            this.text = text;
        }

        private boolean more() {
            return at < text.length();
        }

        void skipSpaces() {
            while (more() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
                at++;
            }
        }

        void skipSeparators() {
            skipSpaces();
            while (takes(',')) {
                skipSpaces();
            }
        }

        boolean takes(char c) {
            if (more() && text.charAt(at) == c) {
                at++;
                return true;
            }
            return false;
        }

        String token() {
            int start = at;
            while (more()
                    && (Character.isLetterOrDigit(text.charAt(at))
                            || TOKEN_CHARACTERS.indexOf(text.charAt(at)) >= 0)) {
                at++;
            }
            return text.substring(start, at);
        }

        String value() {
            if (!takes('"')) {
                return token();
            }
            var value = new StringBuilder();
            while (more() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at++));
            }
            takes('"');
            return value.toString();
        }
    }
}
