package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageNotFoundException;
import java.util.ArrayList;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** What a registry's refusal means to the user, see "Error Codes" in the specification. */
final class Refusals {
    static final long LIMIT = 1 << 16;
    private static final int SHOWN = 300;

    private Refusals() {}

    static ImageException of(Transport.Question question, int status, String body) {
        var host = question.endpoint().host();
        var path = question.endpoint().path();
        var said = said(status, body);
        return switch (status) {
            case 401, 403 -> {
                if (host.equals("docker.io") && path.startsWith("library/")) {
                    var name = path.substring("library/".length());
                    yield new ImageNotFoundException(
                            name,
                            question.purpose()
                                    + ": image not found: "
                                    + name
                                    + " does not exist on Docker Hub. Is the name spelled right,"
                                    + " with a ':' before the tag?");
                }
                yield question.failed(
                        status,
                        said
                                + ". Is the name right? If the repository is private, log in to "
                                + host
                                + " first");
            }
            case 404 ->
                    new ImageNotFoundException(host + "/" + path, question.purpose() + ": " + said);
            default -> question.failed(status, said);
        };
    }

    private static String said(int status, String body) {
        var messages = new ArrayList<String>();
        try {
            for (var error : JsonMapper.shared().readTree(body).path("errors")) {
                var code = error.path("code").stringValue("");
                var message = error.path("message").stringValue("");
                messages.add(code.isEmpty() ? message : code + " (" + message + ")");
            }
        } catch (JacksonException _) {
            // Whatever stands before a registry answers in its own way.
        }
        var text = String.join(", ", messages);
        return "the registry answered "
                + status
                + (text.isEmpty() ? "" : ": " + text.substring(0, Math.min(text.length(), SHOWN)));
    }
}
