package io.pelagos.examples.demo;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import jdk.jfr.Timespan;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;

/** Listens to the flight recorder for how long each part of one container's life took. */
public final class Phases implements AutoCloseable {
    private static final String PREFIX = "io.pelagos.";

    private final RecordingStream stream = new RecordingStream();
    private final ConcurrentMap<String, Map<String, Long>> microseconds = new ConcurrentHashMap<>();

    private final String container;

    private Phases(String container) {
        this.container = container;
    }

    /**
     * Begins to listen.
     *
     * @param container the name of the container
     * @param events names of events, without {@code io.pelagos.}
     * @return the listener
     */
    public static Phases of(String container, String... events) {
        var phases = new Phases(container);
        for (var event : events) {
            phases.stream.enable(PREFIX + event).withoutThreshold().withoutStackTrace();
            phases.stream.onEvent(PREFIX + event, phases::add);
        }
        phases.stream.startAsync();
        return phases;
    }

    private void add(RecordedEvent event) {
        if (!container.equals(event.getString("container"))) {
            return;
        }
        var spans = new TreeMap<String, Long>();
        for (var field : event.getFields()) {
            if (field.getAnnotation(Timespan.class) != null) {
                spans.put(field.getName(), event.getDuration(field.getName()).toNanos() / 1000);
            }
        }
        microseconds.put(event.getEventType().getName().substring(PREFIX.length()), spans);
    }

    /**
     * Stops listening and returns what was heard.
     *
     * @return microseconds by field, by event
     */
    public Map<String, Map<String, Long>> stop() {
        stream.stop();
        return new TreeMap<>(microseconds);
    }

    @Override
    public void close() {
        stream.close();
    }
}
