package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LinuxKernelTest {
    private final LinuxKernel kernel = new LinuxKernel();

    @Test
    void aCallReturnsItsResult() {
        assertThat(kernel.call(Syscall.GETPID)).isEqualTo(ProcessHandle.current().pid());
    }

    @Test
    void aFailedCallReturnsTheNegatedErrorNumber() {
        assertThat(kernel.call(Syscall.CLOSE, -1)).isEqualTo(-Errno.EBADF.number());
    }

    @Test
    void moreThanSixArgumentsAreRefused() {
        assertThatThrownBy(() -> kernel.call(Syscall.GETPID, 1, 2, 3, 4, 5, 6, 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("GETPID with 7 arguments");
    }

    @Test
    void deniedNativeAccessNamesTheFlagThatAllowsIt() throws Exception {
        var child = ChildJvm.run(OpenKernel.class, "--illegal-native-access=deny");

        assertThat(child.output())
                .contains("java.lang.IllegalCallerException")
                .contains("native access is denied")
                .contains("start java with --enable-native-access=io.pelagos.core")
                .doesNotContain("opened");
        assertThat(child.exit()).isOne();
    }

    @Test
    void thatFlagReallyAllowsIt() throws Exception {
        var child =
                ChildJvm.run(
                        OpenKernel.class,
                        "--illegal-native-access=deny",
                        "--enable-native-access=io.pelagos.core");

        assertThat(child).isEqualTo(new ChildJvm(0, "opened" + System.lineSeparator()));
    }

    /** Makes one call in a JVM of its own. */
    static final class OpenKernel {
        public static void main(String[] args) {
            if (new LinuxKernel().call(Syscall.GETPID) == ProcessHandle.current().pid()) {
                System.out.println("opened");
            }
        }
    }
}
