package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.RegistryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What to tell people about an answer of a registry, and what to do about it. */
final class Refusals {
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final String OFFICIAL = "library/";

    private Refusals() {}

    /**
     * Explains an answer.
     *
     * @param wanted the repository whose image is wanted; empty when something else is
     * @param credentials where they came from
     */
    static ImageException explain(
            Endpoint endpoint,
            Reply reply,
            String what,
            Optional<Repository> wanted,
            String credentials) {
        var errors = reply.errors();
        var words = errors.isEmpty() ? "" : ": " + String.join(", ", errors);
        int status = reply.code();
        boolean denied =
                status == UNAUTHORIZED
                        || status == FORBIDDEN
                        || errors.stream().anyMatch(it -> it.startsWith("DENIED"));
        if (wanted.isPresent()
                && status == UNAUTHORIZED
                && RegistryNames.isDockerHub(endpoint.registry())
                && endpoint.path().startsWith(OFFICIAL)) {
            var name = endpoint.path().substring(OFFICIAL.length());
            return new ImageNotFoundException(
                    wanted.get().toString(),
                    "image not found: \""
                            + name
                            + "\" does not exist on Docker Hub"
                            + words
                            + "; is a ':' missing before the tag, as in \"alpine:3\"?");
        }
        if (denied) {
            return new RegistryException(
                    endpoint.host(),
                    status,
                    what
                            + " from "
                            + endpoint.host()
                            + ": access denied, status "
                            + status
                            + words
                            + "; "
                            + credentials
                            + "; log in with \"pelagos image login "
                            + endpoint.registry()
                            + "\"");
        }
        if (status == NOT_FOUND && wanted.isPresent()) {
            return new ImageNotFoundException(
                    wanted.get().toString(),
                    "image not found: " + what + " is not at " + endpoint.host() + words);
        }
        return new RegistryException(
                endpoint.host(),
                status,
                what + " from " + endpoint.host() + ": status " + status + words);
    }

    /** Joins what several endpoints said; the last is the registry itself. */
    static ImageException all(List<Endpoint> endpoints, List<ImageException> failures) {
        var last = failures.getLast();
        if (failures.size() == 1) {
            return last;
        }
        var tried = new ArrayList<String>();
        for (int i = 0; i < failures.size(); i++) {
            tried.add(endpoints.get(i) + " (" + failures.get(i).getMessage() + ")");
        }
        var text = last.getMessage() + "; tried " + String.join(", ", tried);
        var joined =
                switch (last) {
                    case ImageNotFoundException e ->
                            new ImageNotFoundException(e.reference(), text);
                    case RegistryException e ->
                            new RegistryException(e.registry(), e.status(), text);
                    default -> last;
                };
        for (var failure : failures) {
            if (failure != joined) {
                joined.addSuppressed(failure);
            }
        }
        return joined;
    }
}
