package io.pelagos.core.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LandlockRulesTest {
    private static final LandlockRules EVERYTHING =
            LandlockRules.none()
                    .readOnly("/usr")
                    .readWrite("/data")
                    .bindTcp(8080)
                    .connectTcp()
                    .scope(LandlockScope.SIGNAL, LandlockScope.ABSTRACT_UNIX_SOCKET)
                    .log(LandlockLog.SUBDOMAINS_OFF);

    @ParameterizedTest
    @CsvSource({"1, 1fff", "2, 3fff", "3, 7fff", "4, 7fff", "5, ffff", "6, ffff", "7, ffff"})
    void everyRightThatTheKernelKnowsIsHandled(int abi, String mask) {
        assertThat(EVERYTHING.handledFs(abi)).isEqualTo(Long.parseLong(mask, 16));
    }

    @ParameterizedTest
    @CsvSource({
        "1, ff1f000000000000",
        "3, ff7f000000000000",
        "4, ff7f0000000000000300000000000000",
        "5, ffff0000000000000300000000000000",
        "6, ffff00000000000003000000000000000300000000000000",
        "7, ffff00000000000003000000000000000300000000000000"
    })
    void theRulesetIsWrittenInTheSizeThatTheKernelKnows(int abi, String bytes) {
        assertThat(HexFormat.of().formatHex(EVERYTHING.rulesetAttr(abi))).isEqualTo(bytes);
    }

    @Test
    void withoutRulesNothingIsRestricted() {
        var none = LandlockRules.none();
        assertThat(none.isEmpty()).isTrue();
        assertThat(none.isEnforceable(7)).isFalse();
        assertThat(none.warnings(0)).isEmpty();
        assertThat(none.readOnly("/usr").handledNet(7)).isZero();
        assertThat(none.bindTcp().handledFs(7)).isZero();
    }

    @Test
    void shorthandsGiveTheRightsThatTheirNamesSay() {
        var rules = LandlockRules.none().readOnly("/a").readWrite("/b").execute("/c");

        assertThat(rules.paths())
                .extracting(rule -> rule.mask(7, true))
                .containsExactly(0b1101L, 0xffffL, 0b0101L);
    }

    @Test
    void aFileGetsOnlyRightsThatFilesHave() {
        var rules = LandlockRules.none().readOnly("/etc/passwd").readWrite("/dev/tty");

        assertThat(rules.paths())
                .extracting(rule -> rule.mask(7, false))
                .containsExactly(0b101L, 0b1100_0000_0000_0111L);
        assertThat(
                        LandlockRules.none()
                                .allow("/x", LandlockAccess.READ_DIR)
                                .paths()
                                .getFirst()
                                .mask(7, false))
                .isZero();
    }

    @Test
    void forbiddingAllPortsNeedsNoRule() {
        var rules = LandlockRules.none().connectTcp();

        assertThat(rules.handledNet(4)).isEqualTo(2);
        assertThat(rules.ports(4)).isEmpty();
        assertThat(rules.handledNet(3)).isZero();
    }

    @Test
    void rulesAreWrittenAsTheKernelReadsThem() {
        var port = LandlockRules.none().bindTcp(443).ports(4).getFirst();

        assertThat(HexFormat.of().formatHex(port.attr()))
                .isEqualTo("0100000000000000bb01000000000000");
        assertThat(HexFormat.of().formatHex(LandlockRules.pathBeneathAttr(13, 258)))
                .isEqualTo("0d0000000000000002010000");
        assertThat(EVERYTHING.restrictFlags(7)).isEqualTo(4);
        assertThat(EVERYTHING.restrictFlags(6)).isZero();
    }

    @Test
    void whatTheKernelCannotDoIsSaidRuleByRule() {
        assertThat(EVERYTHING.warnings(7)).isEmpty();
        assertThat(EVERYTHING.warnings(0)).singleElement().asString().contains("no Landlock");
        assertThat(EVERYTHING.warnings(1))
                .containsExactly(
                        "Landlock: REFER stays forbidden below /data: it needs ABI 2, this kernel"
                                + " has 1",
                        "Landlock: TRUNCATE stays allowed below /usr, and wherever no rule is: it"
                                + " needs ABI 3, this kernel has 1",
                        "Landlock: IOCTL_DEV stays allowed below /usr, and wherever no rule is: it"
                                + " needs ABI 5, this kernel has 1",
                        "Landlock: BIND_TCP is not enforced: it needs ABI 4, this kernel has 1",
                        "Landlock: CONNECT_TCP is not enforced: it needs ABI 4, this kernel has 1",
                        "Landlock: ABSTRACT_UNIX_SOCKET is not enforced: it needs ABI 6, this"
                                + " kernel has 1",
                        "Landlock: SIGNAL is not enforced: it needs ABI 6, this kernel has 1",
                        "Landlock: SUBDOMAINS_OFF is not enforced: it needs ABI 7, this kernel has"
                                + " 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "usr", "/usr/../etc", "/..", "/a\0b"})
    void aPathThatIsNotPlainIsRefused(String path) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LandlockRules.none().readOnly(path))
                .withMessageContaining("'" + path + "'");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65536})
    void aNumberThatIsNoPortIsRefused(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LandlockRules.none().bindTcp(port))
                .withMessageContaining(String.valueOf(port));
    }
}
