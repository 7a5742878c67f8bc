package io.pelagos.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.Syscall;
import org.junit.jupiter.api.Test;

/** What the examples of the documentation claim. */
class SnippetsTest {
    @Test
    void aPrintedPlanReadsAsItsCommentSays() {
        assertThat(PrintedPlan.text())
                .isEqualTo("1 leaving with status 7   exit_group(7)%n".formatted());
    }

    @Test
    void aCountingKernelCountsAndPassesOn() {
        var kernel = new CountingKernel(new Answering(42));

        assertThat(kernel.call(Syscall.GETPID)).isEqualTo(42);
        assertThat(kernel.call(Syscall.GETPID)).isEqualTo(42);

        assertThat(kernel.counts()).containsOnlyKeys(Syscall.GETPID);
        assertThat(kernel.counts().get(Syscall.GETPID)).hasToString("2");
    }

    /** Gives one answer to everything. */
    private record Answering(int answer) implements Kernel {
        @Override
        public Architecture architecture() {
            return Architecture.X86_64;
        }

        @Override
        public long call(Syscall syscall, long... arguments) {
            return answer;
        }

        @Override
        public int launch(LaunchPlan plan, LaunchRequest request) {
            return answer;
        }
    }
}
