package io.pelagos.image.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** The lists that come in pages: the tags of a repository, and the repositories. */
final class ListHandler implements Handler {
    private final Repositories repositories;
    private final int pageSize;

    ListHandler(Repositories repositories, int pageSize) {
        this.repositories = repositories;
        this.pageSize = pageSize;
    }

    @Override
    public Answer answer(Request request, Route route) {
        if (!request.isReading()) {
            throw RefusedRequest.method(request);
        }
        if (route.kind() == Route.Kind.CATALOG) {
            return page(request, "", "repositories", repositories.names());
        }
        if (!repositories.exists(route.repository())) {
            throw unknownName(route.repository());
        }
        return page(request, route.repository(), "tags", repositories.tags(route.repository()));
    }

    static RefusedRequest unknownName(String repository) {
        return new RefusedRequest(
                404, "NAME_UNKNOWN", "there is no repository \"" + repository + "\"");
    }

    private Answer page(Request request, String name, String field, List<String> all) {
        var query = request.query();
        int limit = Math.min(pageSize, query.first("n").map(ListHandler::count).orElse(pageSize));
        var last = query.first("last").orElse("");
        var rest = all.stream().filter(each -> each.compareTo(last) > 0).toList();
        var page = rest.subList(0, Math.min(limit, rest.size()));
        var body = JsonMapper.shared().createObjectNode();
        if (!name.isEmpty()) {
            body.put("name", name);
        }
        var array = body.putArray(field);
        page.forEach(array::add);
        var answer = Answer.json(200, body);
        return page.size() == rest.size() || page.isEmpty()
                ? answer
                : answer.with(Answer.LINK, link(request.path(), limit, page.getLast()));
    }

    private static String link(String path, int limit, String last) {
        return "<"
                + path
                + "?last="
                + URLEncoder.encode(last, UTF_8)
                + "&n="
                + limit
                + ">; rel=\"next\"";
    }

    private static int count(String text) {
        return Stream.of(text)
                .filter(digits -> digits.matches("\\d{1,9}"))
                .map(Integer::valueOf)
                .findFirst()
                .orElseThrow(
                        () ->
                                new RefusedRequest(
                                        400,
                                        "PAGINATION_NUMBER_INVALID",
                                        "n=" + text + " is not a number"));
    }
}
