package io.pelagos.examples.cli;

import io.pelagos.core.ContainerEvent;
import io.pelagos.core.Pelagos;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Tells what happens to containers. */
@Command(
        name = "events",
        sortOptions = false,
        description = "Tell what happens to detached containers, until interrupted.")
final class EventsCommand extends ContainerCommand {
    /** How an event is written. */
    enum Format {
        /** For people. */
        TEXT,
        /** For programs: one object a line. */
        JSON
    }

    @Option(names = "--format", paramLabel = "text|json", description = "How (default: text).")
    private Format format = Format.TEXT;

    EventsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException {
        var gone = new CountDownLatch(1);
        try (var events =
                pelagos.containers()
                        .events(
                                event -> {
                                    print(event);
                                    if (out().checkError()) {
                                        gone.countDown();
                                    }
                                })) {
            out().flush();
            gone.await();
            return events == null ? 1 : 0;
        }
    }

    private void print(ContainerEvent event) {
        var kind = event.kind().name().toLowerCase(Locale.ROOT);
        var container = event.container();
        switch (format) {
            case TEXT ->
                    out().println(
                                    Instant.now()
                                            + " "
                                            + kind
                                            + " "
                                            + container.name()
                                            + " ("
                                            + container.id()
                                            + ")");
            case JSON -> {
                var object = ContainerColumns.listing(true).object(container);
                var all = object.objectNode();
                all.put("time", Instant.now().toString()).put("event", kind);
                all.set("container", object);
                out().println(all);
            }
        }
    }
}
