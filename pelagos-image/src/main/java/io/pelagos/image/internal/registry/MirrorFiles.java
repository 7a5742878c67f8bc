package io.pelagos.image.internal.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/** The two formats of files with mirrors. */
final class MirrorFiles {
    private static final TomlMapper MAPPER = TomlMapper.builder().build();

    private MirrorFiles() {}

    static List<MirrorRule> pelagos(String text, String source) {
        var rules = new ArrayList<MirrorRule>();
        for (var entry : Json.member(parse(text, source), "mirrors").properties()) {
            if (!entry.getValue().isArray()) {
                throw new IllegalArgumentException(
                        source + ": mirrors of \"" + entry.getKey() + "\": must be a list of URLs");
            }
            var mirrors = new ArrayList<MirrorRule.Mirror>();
            for (var url : entry.getValue()) {
                mirrors.add(mirror(url.asString(), source));
            }
            rules.add(
                    new MirrorRule(
                            RegistryNames.canonical(entry.getKey()),
                            "",
                            Endpoint.Scheme.AS_ALLOWED,
                            false,
                            mirrors,
                            source));
        }
        return rules;
    }

    private static MirrorRule.Mirror mirror(String url, String source) {
        var lower = url.toLowerCase(Locale.ROOT);
        Endpoint.Scheme scheme;
        if (lower.startsWith("http://")) {
            scheme = Endpoint.Scheme.HTTP;
        } else if (lower.startsWith("https://")) {
            scheme = Endpoint.Scheme.HTTPS;
        } else if (url.contains("://")) {
            throw new IllegalArgumentException(
                    source + ": mirror \"" + url + "\": must begin with http:// or https://");
        } else {
            scheme = Endpoint.Scheme.AS_ALLOWED;
        }
        return new MirrorRule.Mirror(
                location(url.substring(url.indexOf("://") + (url.contains("://") ? 3 : 1)), source),
                scheme,
                MirrorRule.Use.ALL);
    }

    private static String location(String text, String source) {
        var location = text;
        while (location.endsWith("/")) {
            location = location.substring(0, location.length() - 1);
        }
        if (location.isEmpty() || location.contains("@") || location.contains("?")) {
            throw new IllegalArgumentException(
                    source + ": a location must be a host with or without a path");
        }
        return location;
    }

    static List<MirrorRule> containers(String text, String source) {
        var document = parse(text, source);
        var rules = new ArrayList<MirrorRule>();
        for (var registry : list(document, "registry")) {
            var location = Json.textOrEmpty(registry, "location");
            var prefix = Json.text(registry, "prefix").filter(it -> !it.isEmpty()).orElse(location);
            if (prefix.isEmpty()) {
                throw new IllegalArgumentException(
                        source + ": a registry has neither prefix nor location");
            }
            var mirrors = new ArrayList<MirrorRule.Mirror>();
            for (var mirror : list(registry, "mirror")) {
                mirrors.add(
                        new MirrorRule.Mirror(
                                location(Json.textOrEmpty(mirror, "location"), source),
                                scheme(mirror),
                                use(registry, mirror, source)));
            }
            rules.add(
                    new MirrorRule(
                            prefix,
                            location.isEmpty() ? "" : location(location, source),
                            scheme(registry),
                            truth(registry, "blocked"),
                            mirrors,
                            source));
        }
        return rules;
    }

    private static MirrorRule.Use use(JsonNode registry, JsonNode mirror, String source) {
        if (truth(registry, "mirror-by-digest-only")) {
            return MirrorRule.Use.DIGEST_ONLY;
        }
        var use = Json.textOrEmpty(mirror, "pull-from-mirror");
        return switch (use) {
            case "", "all" -> MirrorRule.Use.ALL;
            case "digest-only" -> MirrorRule.Use.DIGEST_ONLY;
            case "tag-only" -> MirrorRule.Use.TAG_ONLY;
            default ->
                    throw new IllegalArgumentException(
                            source
                                    + ": pull-from-mirror \""
                                    + use
                                    + "\": must be all, digest-only or tag-only");
        };
    }

    private static Endpoint.Scheme scheme(JsonNode table) {
        return truth(table, "insecure") ? Endpoint.Scheme.HTTP : Endpoint.Scheme.AS_ALLOWED;
    }

    private static boolean truth(JsonNode table, String name) {
        var value = table.get(name);
        return value != null && value.isBoolean() && value.booleanValue();
    }

    private static List<JsonNode> list(JsonNode table, String name) {
        var tables = new ArrayList<JsonNode>();
        if (table.path(name).isArray()) {
            table.path(name).forEach(tables::add);
        }
        return tables;
    }

    private static JsonNode parse(String text, String source) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    source + ": is no TOML: " + e.getOriginalMessage(), e);
        }
    }
}
