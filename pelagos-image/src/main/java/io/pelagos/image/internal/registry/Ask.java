package io.pelagos.image.internal.registry;

import java.util.LinkedHashMap;
import java.util.Map;
import okhttp3.HttpUrl;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/**
 * A request.
 *
 * @param method of HTTP
 * @param url where to
 * @param headers without Authorization
 * @param body what is sent; can be sent again
 * @param authorization goes to the host of the URL, and not along with a redirect to another
 * @param stays whether a redirect to another host is refused, since the body is a secret
 */
record Ask(
        String method,
        HttpUrl url,
        Map<String, String> headers,
        @Nullable RequestBody body,
        @Nullable String authorization,
        boolean stays) {
    static Ask get(HttpUrl url) {
        return of("GET", url);
    }

    static Ask of(String method, HttpUrl url) {
        return new Ask(method, url, Map.of(), null, null, false);
    }

    Ask with(String header, String value) {
        var more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Ask(method, url, more, body, authorization, stays);
    }

    Ask sending(RequestBody content) {
        return new Ask(method, url, headers, content, authorization, stays);
    }

    Ask authorizedBy(@Nullable String value) {
        return new Ask(method, url, headers, body, value, stays);
    }

    Ask staying() {
        return new Ask(method, url, headers, body, authorization, true);
    }

    /** The same at another place. */
    Ask movedTo(HttpUrl other, boolean asGet) {
        boolean same = sameOrigin(url, other);
        return new Ask(
                asGet ? "GET" : method,
                other,
                headers,
                asGet ? null : body,
                same ? authorization : null,
                stays);
    }

    static boolean sameOrigin(HttpUrl one, HttpUrl other) {
        return one.scheme().equals(other.scheme())
                && one.host().equals(other.host())
                && one.port() == other.port();
    }

    /** Host and port as people write them. */
    static String authority(HttpUrl url) {
        var host = url.host().indexOf(':') >= 0 ? "[" + url.host() + "]" : url.host();
        return url.port() == HttpUrl.defaultPort(url.scheme()) ? host : host + ":" + url.port();
    }

    /** A URL without what may be secret in it. */
    static String shown(HttpUrl url) {
        return url.scheme() + "://" + authority(url) + url.encodedPath();
    }
}
