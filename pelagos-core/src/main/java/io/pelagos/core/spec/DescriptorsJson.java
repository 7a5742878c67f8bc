package io.pelagos.core.spec;

import io.pelagos.core.internal.json.JsonObject;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;

/** The JSON form of {@link Descriptors}: a name and an address for each socket to listen on. */
final class DescriptorsJson {
    private static final String FIELD = "listening";

    private DescriptorsJson() {}

    static void write(ArrayNode array, Descriptors descriptors) {
        if (!descriptors.preserved().isEmpty()) {
            throw ofThisJvm("preserved descriptors " + descriptors.preserved());
        }
        for (var socket : descriptors.listening()) {
            switch (socket.source()) {
                case ListenSocket.Source.Address(var address) ->
                        array.addObject()
                                .put("name", socket.name())
                                .put("address", ListenSocket.text(address));
                case ListenSocket.Source.Channel _, ListenSocket.Source.Descriptor _ ->
                        throw ofThisJvm(FIELD + " " + socket);
            }
        }
    }

    static Descriptors read(JsonObject object) {
        return object.checked(
                () ->
                        new Descriptors(
                                object.objects(FIELD).stream()
                                        .map(DescriptorsJson::socket)
                                        .toList(),
                                List.of()));
    }

    private static ListenSocket socket(JsonObject object) {
        return object.checked(
                () ->
                        new ListenSocket(
                                object.text("name"),
                                new ListenSocket.Source.Address(
                                        object.text("address", ListenSocket::address))));
    }

    private static IllegalArgumentException ofThisJvm(String what) {
        return new IllegalArgumentException(what + ": belongs to this JVM and has no JSON form");
    }
}
