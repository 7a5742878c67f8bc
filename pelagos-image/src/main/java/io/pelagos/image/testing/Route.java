package io.pelagos.image.testing;

import java.util.regex.Pattern;

/**
 * Where a path leads, see "Endpoints" in the distribution specification.
 *
 * @param kind what it is about
 * @param repository which repository, empty when there is none
 * @param argument what follows: a tag, a digest, the id of an upload
 */
record Route(Kind kind, String repository, String argument) {
    private static final Pattern UPLOAD = Pattern.compile("/v2/(.+)/blobs/uploads(?:/([^/]*))?");
    private static final Pattern IN_REPOSITORY =
            Pattern.compile("/v2/(.+)/(manifests|blobs|tags|referrers)/([^/]+)");

    /** What a path can be about. */
    enum Kind {
        BASE,
        CATALOG,
        MANIFEST,
        BLOB,
        UPLOAD,
        TAGS,
        REFERRERS,
        TOKEN,
        UNKNOWN
    }

    static Route of(String path) {
        return switch (path) {
            case "/v2", "/v2/" -> new Route(Kind.BASE, "", "");
            case "/v2/_catalog" -> new Route(Kind.CATALOG, "", "");
            case "/token" -> new Route(Kind.TOKEN, "", "");
            default -> inRepository(path);
        };
    }

    private static Route inRepository(String path) {
        var upload = UPLOAD.matcher(path);
        if (upload.matches()) {
            var id = upload.group(2);
            return new Route(Kind.UPLOAD, upload.group(1), id == null ? "" : id);
        }
        var other = IN_REPOSITORY.matcher(path);
        if (!other.matches()) {
            return new Route(Kind.UNKNOWN, "", "");
        }
        var argument = other.group(3);
        var kind =
                switch (other.group(2)) {
                    case "manifests" -> Kind.MANIFEST;
                    case "blobs" -> Kind.BLOB;
                    case "tags" -> argument.equals("list") ? Kind.TAGS : Kind.UNKNOWN;
                    default -> Kind.REFERRERS;
                };
        return new Route(kind, other.group(1), argument);
    }
}
