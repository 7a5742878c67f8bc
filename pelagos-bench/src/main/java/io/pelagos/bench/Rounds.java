package io.pelagos.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Measures subjects in turns, so that whatever else the machine does meets all of them alike. Each
 * round begins with another subject.
 *
 * @param warmup rounds that are not counted
 * @param rounds rounds that are
 * @param batch how often a subject runs in a round
 */
record Rounds(int warmup, int rounds, int batch) {
    Rounds {
        if (warmup < 0 || rounds < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "rounds: " + rounds + ", warmup: " + warmup + ", batch: " + batch);
        }
    }

    List<Summary> measure(List<Subject> subjects) throws IOException, InterruptedException {
        var samples = new LinkedHashMap<String, Samples>();
        subjects.forEach(subject -> samples.put(subject.name(), new Samples()));
        for (int round = -warmup; round < rounds; round++) {
            for (int i = 0; i < subjects.size(); i++) {
                var subject = subjects.get(Math.floorMod(round + i, subjects.size()));
                if (round < 0 && subject.slow()) {
                    continue;
                }
                var nanos = subject.run(subject.slow() ? 1 : batch);
                var kept = samples.get(subject.name());
                if (round >= 0 && kept != null) {
                    kept.add(nanos);
                }
            }
        }
        return samples.entrySet().stream().map(e -> e.getValue().summary(e.getKey())).toList();
    }
}
