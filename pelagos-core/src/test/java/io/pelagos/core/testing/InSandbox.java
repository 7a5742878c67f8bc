package io.pelagos.core.testing;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Tests of real containers, each in a {@link Sandbox} of its own, of which nothing is left. */
@ExtendWith(LeakCheck.class)
public abstract class InSandbox {
    @TempDir protected Path directory;
    protected Sandbox sandbox;

    @BeforeEach
    protected final void openSandbox() {
        sandbox = Sandbox.in(directory);
    }

    /** After what the test itself has to end. */
    @AfterEach
    protected final void closeSandbox() {
        sandbox.close();
    }
}
