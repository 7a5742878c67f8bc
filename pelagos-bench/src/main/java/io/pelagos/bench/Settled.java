package io.pelagos.bench;

import java.io.IOException;
import java.util.List;

/** Lets everybody begin alike: what others have left to be written is on the disk. */
final class Settled {
    private Settled() {}

    static void await(Scratch scratch) throws IOException, InterruptedException {
        Command.quietly(List.of("sync", "--file-system", scratch.directory().toString()));
    }
}
