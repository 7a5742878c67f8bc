package io.pelagos.image.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Takes every request: faults, access, the handler of the path, and the record of it all. */
final class Dispatcher implements HttpHandler {
    private static final System.Logger LOGGER = System.getLogger(Dispatcher.class.getName());

    private final Map<Route.Kind, Handler> handlers;
    private final Access access;
    private final boolean readOnly;
    private final Faults faults;
    private final Delivery delivery;
    private final Consumer<RecordedRequest> recorder;

    Dispatcher(
            Map<Route.Kind, Handler> handlers,
            Access access,
            boolean readOnly,
            Faults faults,
            Delivery delivery,
            Consumer<RecordedRequest> recorder) {
        this.handlers = Map.copyOf(handlers);
        this.access = access;
        this.readOnly = readOnly;
        this.faults = faults;
        this.delivery = delivery;
        this.recorder = recorder;
    }

    /** Answers one request; closing the exchange before all was sent breaks the connection. */
    @Override
    public void handle(HttpExchange exchange) {
        var request = new Request(exchange);
        try (exchange) {
            answer(exchange, request);
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.DEBUG, () -> request.target() + " was cut off", e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // The registry is being closed.
        }
    }

    private void answer(HttpExchange exchange, Request request)
            throws IOException, InterruptedException {
        var route = Route.of(request.path());
        var effect = faults.take(request, true);
        if (effect.equals(Effect.NONE)) {
            var refusal = refusal(request, route);
            if (refusal.isPresent()) {
                send(exchange, request, refusal.get(), Effect.NONE);
                return;
            }
            effect = faults.take(request, false);
        }
        var answer = answer(request, route, effect);
        if (answer.isEmpty()) {
            recorder.accept(request.recorded(0));
        } else {
            send(exchange, request, answer.get(), effect);
        }
    }

    private Optional<Answer> refusal(Request request, Route route) {
        if (route.kind() == Route.Kind.TOKEN) {
            return Optional.empty(); // It looks at credentials itself.
        }
        try {
            access.check(request, route);
            return Optional.empty();
        } catch (RefusedRequest e) {
            return Optional.of(e.answer());
        }
    }

    /** What to answer; nothing when the connection is to break. */
    private Optional<Answer> answer(Request request, Route route, Effect effect) {
        return switch (effect) {
            case Effect.Disconnect _ -> Optional.empty();
            case Effect.CutRequest(long count) -> {
                handled(request.cutAfter(count), route);
                yield Optional.empty();
            }
            case Effect.Instead(var instead) -> Optional.of(instead.apply(request));
            case Effect.Change(var change) ->
                    handled(request, route).map(answer -> change.apply(request, answer));
            case Effect.Pace _ -> handled(request, route);
        };
    }

    private Optional<Answer> handled(Request request, Route route) {
        try {
            return Optional.of(handler(request, route).answer(request, route));
        } catch (RefusedRequest e) {
            return Optional.of(e.answer());
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.DEBUG, () -> request.target() + " broke off", e);
            return Optional.empty();
        } catch (RuntimeException e) {
            LOGGER.log(System.Logger.Level.WARNING, () -> request.target() + " failed", e);
            return Optional.of(Answer.error(500, "UNKNOWN", e.toString()));
        }
    }

    private Handler handler(Request request, Route route) {
        if (readOnly && !request.isReading() && route.kind() != Route.Kind.TOKEN) {
            throw new RefusedRequest(405, "UNSUPPORTED", "the registry is read-only");
        }
        return Optional.ofNullable(handlers.get(route.kind()))
                .orElseThrow(
                        () ->
                                new RefusedRequest(
                                        404,
                                        "UNSUPPORTED",
                                        "there is nothing at " + request.path()));
    }

    /** Reads the rest of the request first: who is still sending does not see an answer. */
    private void send(HttpExchange exchange, Request request, Answer answer, Effect effect)
            throws IOException, InterruptedException {
        request.body().transferTo(OutputStream.nullOutputStream());
        // Before it is sent, so that whoever has the answer finds the record.
        recorder.accept(request.recorded(answer.status()));
        delivery.send(exchange, answer, effect instanceof Effect.Pace pace ? pace : Effect.NONE);
    }
}
