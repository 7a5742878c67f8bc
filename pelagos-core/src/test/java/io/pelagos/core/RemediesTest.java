package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Errno;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The catalogue of what to do about failed calls. */
final class RemediesTest {
    static final List<Remedies.Entry> ENTRIES = Remedies.ENTRIES;

    @ParameterizedTest
    @FieldSource("ENTRIES")
    void isFoundForTheFailureThatItIsFor(Remedies.Entry entry) {
        var found =
                Remedies.of(entry.purpose() + "something", entry.call() + "\"/x\")", entry.errno());
        assertThat(found)
                .as("no earlier entry hides it")
                .isEqualTo(entry.text().replace("%s", "/x"));
    }

    @ParameterizedTest
    @FieldSource("ENTRIES")
    void isTextThatCanEndAMessage(Remedies.Entry entry) {
        assertThat(entry.text()).isNotBlank().doesNotEndWith(".").doesNotEndWith(" ");
        assertThat(entry.text()).matches("(?s)[A-Z].*");
        assertThat(entry.text().split("%s", -1).length).isLessThanOrEqualTo(2);
    }

    @ParameterizedTest
    @FieldSource("ENTRIES")
    void appearsInTheMessageOfTheException(Remedies.Entry entry) {
        var call = entry.call() + "\"/x\")";
        var failure = new SyscallFailedException(entry.purpose() + "y", call, entry.errno());
        assertThat(failure.remedy()).isEqualTo(entry.text().replace("%s", "/x"));
        assertThat(failure)
                .hasMessage(
                        entry.purpose()
                                + "y: "
                                + call
                                + ": "
                                + entry.errno()
                                + ". "
                                + failure.remedy());
    }

    @Test
    void nothingIsSaidWhereNothingIsKnown() {
        assertThat(Remedies.of("masking /proc/kcore", "move_mount()", Errno.EIO)).isEmpty();
        assertThat(new SyscallFailedException("masking /x", "move_mount()", Errno.EIO))
                .hasMessage("masking /x: move_mount(): " + Errno.EIO);
    }
}
