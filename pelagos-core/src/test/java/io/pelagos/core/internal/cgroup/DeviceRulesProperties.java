package io.pelagos.core.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Resources.DeviceRule;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.jspecify.annotations.NullUnmarked;

/** Programs and v1 files decide as the rules do; conversions of weights go back and forth. */
@NullUnmarked
class DeviceRulesProperties {
    static final DeviceRule EVERYTHING = new DeviceRule(true, null, null, null, "rwm");

    @Property
    void theProgramDecidesAsTheRulesDo(
            @ForAll("rules") List<DeviceRule> list, @ForAll("requests") Request request) {
        var rules = new DeviceRules(list);
        assertThat(run(DeviceProgram.compile(rules), request)).isEqualTo(request.allowedBy(rules));
    }

    @Property
    void whatTheV1FilesCanSayTheyDecideAsTheRulesDo(
            @ForAll("rules") List<DeviceRule> list, @ForAll("requests") Request request) {
        var rules = new DeviceRules(list);
        var form = LegacyDevices.of(rules);
        if (form.inexpressible().isEmpty()) {
            assertThat(legacy(form, request)).isEqualTo(request.allowedBy(rules));
        }
    }

    @Property
    void sharesBecomeTheSameWeightAgain(@ForAll @LongRange(min = 1, max = 10_000) long weight) {
        var shares = Weights.sharesOfWeight(weight);
        assertThat(shares).isBetween(2L, 262_144L);
        assertThat(Resources.Cpu.weightOfShares(shares)).isEqualTo(weight);
    }

    @Property
    void blkioWeightsAreInTheirRange(@ForAll @LongRange(min = 1, max = 10_000) long weight) {
        assertThat(Weights.blkioOfWeight(weight)).isBetween(10L, 1000L);
        assertThat(Weights.bfqOfWeight(weight)).isBetween(1L, 1000L);
    }

    record Request(Device.Type type, int major, int minor, String access) {
        boolean allowedBy(DeviceRules rules) {
            return rules.allows(type, major, minor, access);
        }
    }

    @Provide
    Arbitrary<List<DeviceRule>> rules() {
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        types().injectNull(0.3),
                        Arbitraries.integers().between(0, 2).injectNull(0.3),
                        Arbitraries.integers().between(0, 2).injectNull(0.3),
                        accesses())
                .as(DeviceRule::new)
                .list()
                .ofMaxSize(8);
    }

    @Provide
    Arbitrary<Request> requests() {
        var numbers = Arbitraries.integers().between(0, 3);
        return Combinators.combine(types(), numbers, numbers, accesses()).as(Request::new);
    }

    private static Arbitrary<Device.Type> types() {
        return Arbitraries.of(Device.Type.CHARACTER, Device.Type.BLOCK);
    }

    private static Arbitrary<String> accesses() {
        return Arbitraries.of("r", "w", "m", "rw", "rm", "wm", "rwm");
    }

    /** Interprets the program as the kernel would. */
    private static boolean run(List<BpfInstruction> program, Request request) {
        long[] r = new long[11];
        int type = request.type == Device.Type.BLOCK ? 1 : 2;
        int[] context = {
            DeviceProgram.bits(request.access) << 16 | type, request.major, request.minor
        };
        for (int at = 0; ; at++) {
            var i = program.get(at);
            int to = i.destination();
            switch (i.code()) {
                case LOAD_WORD -> r[to] = context[i.offset() / 4];
                case MOVE -> r[to] = r[i.source()];
                case SET -> r[to] = i.immediate();
                case AND -> r[to] &= i.immediate();
                case SHIFT_RIGHT -> r[to] >>>= i.immediate();
                case JUMP_EQUAL -> at += r[to] == i.immediate() ? i.offset() : 0;
                case JUMP_NOT_EQUAL -> at += r[to] != i.immediate() ? i.offset() : 0;
                case JUMP_ANY_BIT -> at += (r[to] & i.immediate()) != 0 ? i.offset() : 0;
                case EXIT -> {
                    return r[0] == 1;
                }
            }
        }
    }

    /** Decides as security/device_cgroup.c does: an exception must cover the whole access. */
    private static boolean legacy(LegacyDevices form, Request request) {
        for (var line : form.exceptions()) {
            var words = line.split("[ :]", -1);
            int bits = DeviceProgram.bits(words[3]);
            int asked = DeviceProgram.bits(request.access);
            if (words[0].charAt(0) == request.type.letter()
                    && (words[1].equals("*") || words[1].equals("" + request.major))
                    && (words[2].equals("*") || words[2].equals("" + request.minor))
                    && (form.allowed() ? (bits & asked) != 0 : (asked & ~bits) == 0)) {
                return !form.allowed();
            }
        }
        return form.allowed();
    }
}
