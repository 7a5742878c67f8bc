package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Uploads of blobs: at once, in chunks, or by mounting what another repository has. */
final class UploadHandler implements Handler, AutoCloseable {
    private static final Pattern CONTENT_RANGE =
            Pattern.compile("(?:bytes )?(\\d{1,18})-(\\d{1,18})(?:/.*)?");

    private final BlobStorage storage;
    private final Repositories repositories;
    private final Map<String, Upload> uploads = new ConcurrentHashMap<>();

    UploadHandler(BlobStorage storage, Repositories repositories) {
        this.storage = storage;
        this.repositories = repositories;
    }

    @Override
    public Answer answer(Request request, Route route) throws IOException {
        if (!Names.isRepository(route.repository())) {
            throw new RefusedRequest(
                    400, "NAME_INVALID", "\"" + route.repository() + "\" cannot be a repository");
        }
        return switch (request.method()) {
            case "POST" -> begin(request, route);
            case "GET" -> state(204, route, find(route));
            case "PATCH" -> patch(request, route);
            case "PUT" -> put(request, route, find(route));
            case "DELETE" -> cancel(route);
            default -> throw RefusedRequest.method(request);
        };
    }

    private Answer begin(Request request, Route route) throws IOException {
        var mounted = mount(request);
        if (mounted.isPresent()) {
            return created(route, mounted.get());
        }
        var upload = new Upload(storage);
        if (request.query().first("digest").isPresent()) {
            return put(request, route, upload);
        }
        var id = UUID.randomUUID().toString();
        uploads.put(id, upload);
        return state(202, new Route(route.kind(), route.repository(), id), upload);
    }

    /** What cannot be mounted is uploaded as if no mount had been asked for. */
    private Optional<Digest> mount(Request request) {
        var query = request.query();
        var digest = query.first("mount").map(Names::digest);
        var from = query.first("from");
        if (digest.isEmpty() || from.isEmpty() || !repositories.hasBlob(from.get(), digest.get())) {
            return Optional.empty();
        }
        return digest;
    }

    private Answer patch(Request request, Route route) throws IOException {
        var upload = find(route);
        var header = request.header("Content-Range");
        if (header.isPresent()) {
            checkRange(request, route, upload, header.get());
        }
        upload.append(request.body());
        return state(202, route, upload);
    }

    private static void checkRange(Request request, Route route, Upload upload, String header) {
        var range = CONTENT_RANGE.matcher(header);
        if (!range.matches() || Long.parseLong(range.group(1)) != upload.size()) {
            throw new RefusedRequest(state(416, route, upload));
        }
        long count = Long.parseLong(range.group(2)) - Long.parseLong(range.group(1)) + 1;
        var length = request.header("Content-Length");
        if (length.isPresent() && !length.get().equals(Long.toString(count))) {
            throw new RefusedRequest(
                    400, "SIZE_INVALID", "Content-Range and Content-Length do not agree");
        }
    }

    private Answer put(Request request, Route route, Upload upload) throws IOException {
        var digest =
                request.query()
                        .first("digest")
                        .map(Names::digest)
                        .orElseThrow(
                                () ->
                                        new RefusedRequest(
                                                400, "DIGEST_INVALID", "the digest is missing"));
        var header = request.header("Content-Range");
        if (header.isPresent()) {
            checkRange(request, route, upload, header.get());
        }
        upload.append(request.body());
        uploads.remove(route.argument());
        if (!upload.finish(digest)) {
            throw new RefusedRequest(
                    400, "DIGEST_INVALID", "the content does not have the digest " + digest);
        }
        return created(route, digest);
    }

    private Answer created(Route route, Digest digest) {
        repositories.addBlob(route.repository(), digest);
        return Answer.of(201)
                .with(Answer.LOCATION, "/v2/" + route.repository() + "/blobs/" + digest)
                .with(Answer.CONTENT_DIGEST, digest.toString());
    }

    private Answer cancel(Route route) throws IOException {
        find(route).cancel();
        uploads.remove(route.argument());
        return Answer.of(204);
    }

    private Upload find(Route route) {
        return Optional.ofNullable(uploads.get(route.argument()))
                .orElseThrow(
                        () ->
                                new RefusedRequest(
                                        404,
                                        "BLOB_UPLOAD_UNKNOWN",
                                        "there is no upload " + route.argument()));
    }

    /** How far it is. The location has a query already, so that clients must add theirs to it. */
    private static Answer state(int status, Route route, Upload upload) {
        long size = upload.size();
        return Answer.of(status)
                .with(
                        Answer.LOCATION,
                        "/v2/"
                                + route.repository()
                                + "/blobs/uploads/"
                                + route.argument()
                                + "?_state="
                                + size)
                .with("Range", "0-" + Math.max(0, size - 1))
                .with("Docker-Upload-UUID", route.argument());
    }

    @Override
    public void close() throws IOException {
        for (var upload : uploads.values()) {
            upload.close();
        }
    }
}
