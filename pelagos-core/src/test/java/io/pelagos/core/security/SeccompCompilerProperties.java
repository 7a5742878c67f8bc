package io.pelagos.core.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class SeccompCompilerProperties {
    private static final List<String> NAMES =
            List.of(
                    "read",
                    "write",
                    "open",
                    "openat",
                    "socket",
                    "socketcall",
                    "clone",
                    "ioctl",
                    "execve",
                    "mmap2",
                    "getuid32",
                    "set_tls",
                    "personality",
                    "mseal",
                    "waitpid",
                    "fcntl64",
                    "no_such_call");

    private static final List<SeccompAction> ACTIONS =
            List.of(
                    SeccompAction.ALLOW,
                    SeccompAction.LOG,
                    SeccompAction.TRAP,
                    SeccompAction.KILL_PROCESS,
                    SeccompAction.KILL_THREAD,
                    SeccompAction.NOTIFY,
                    SeccompAction.trace(5),
                    SeccompAction.errno(Errno.EPERM),
                    SeccompAction.errno(Errno.ENOSYS));

    private static final List<Long> VALUES =
            List.of(
                    0L,
                    1L,
                    2L,
                    38L,
                    0x7fffffffL,
                    0x80000000L,
                    0xffffffffL,
                    0x1_0000_0000L,
                    0x1_0000_0001L,
                    0x7fff_ffff_ffff_ffffL,
                    Long.MIN_VALUE,
                    -2L,
                    -1L,
                    (long) Integer.MIN_VALUE);

    @Property(tries = 1000)
    void aFilterDecidesEveryCallAsTheProfileSays(
            @ForAll("profiles") SeccompProfile profile,
            @ForAll("targets") SeccompTarget target,
            @ForAll("arguments") List<List<Long>> arguments) {
        var filter = new BpfEvaluator(SeccompCompiler.compile(profile, target));
        var meaning = new ProfileInterpreter(profile, target);

        for (var call : calls(arguments)) {
            assertThat(filter.run(call)).as("%s", call).isEqualTo(meaning.verdict(call));
        }
    }

    @Property(tries = 300)
    void aProfileSurvivesTheWayThroughText(@ForAll("profiles") SeccompProfile profile) {
        assertThat(SeccompProfile.parse(profile.toJson())).isEqualTo(profile);
    }

    @Property(tries = 100)
    void resolvingChangesNothingOnItsTarget(
            @ForAll("profiles") SeccompProfile profile, @ForAll("targets") SeccompTarget target) {
        assertThat(SeccompCompiler.compile(profile.resolve(target), target))
                .isEqualTo(SeccompCompiler.compile(profile, target));
    }

    private static List<SeccompCall> calls(List<List<Long>> arguments) {
        var calls = new ArrayList<SeccompCall>();
        for (var arch : SyscallTable.architectures()) {
            for (var name : NAMES) {
                SyscallTable.number(arch, name)
                        .ifPresent(
                                number ->
                                        arguments.forEach(
                                                args -> calls.add(call(arch, number, args))));
            }
            ProfileInterpreter.numbers(arch)
                    .forEach(number -> calls.add(call(arch, number, arguments.getFirst())));
        }
        calls.add(new SeccompCall(SeccompArch.S390X.auditArch(), 3));
        return calls;
    }

    /** The arguments of 32-bit callers have 32 bits. */
    private static SeccompCall call(SeccompArch arch, int number, List<Long> args) {
        boolean narrow = arch == SeccompArch.X86 || arch == SeccompArch.ARM;
        return new SeccompCall(
                arch.auditArch(),
                number,
                args.stream().map(arg -> narrow ? arg & 0xffffffffL : arg).toList());
    }

    @Provide
    Arbitrary<List<List<Long>>> arguments() {
        return values().list().ofSize(6).list().ofSize(8);
    }

    @Provide
    Arbitrary<SeccompTarget> targets() {
        return Combinators.combine(
                        Arbitraries.of(Architecture.values()),
                        Arbitraries.of(Capability.class).set().ofMaxSize(5),
                        Arbitraries.of("4.7", "5.14", "6.12"),
                        Arbitraries.of(true, false))
                .as(
                        (architecture, capabilities, kernel, missing) ->
                                new SeccompTarget(
                                        architecture,
                                        capabilities,
                                        KernelVersion.parse(kernel),
                                        missing));
    }

    @Provide
    Arbitrary<SeccompProfile> profiles() {
        Arbitrary<List<SeccompArch>> architectures =
                Arbitraries.of(
                        List.<SeccompArch>of(),
                        List.of(SeccompArch.X86),
                        List.of(SeccompArch.X32, SeccompArch.ARM),
                        List.of(SeccompArch.X86_64, SeccompArch.X86, SeccompArch.X32));
        return Combinators.combine(
                        Arbitraries.of(ACTIONS),
                        architectures,
                        Arbitraries.of(true, false),
                        rules().list().ofMaxSize(12))
                .as(SeccompCompilerProperties::profile);
    }

    private static SeccompProfile profile(
            SeccompAction defaultAction,
            List<SeccompArch> architectures,
            boolean mapped,
            List<SeccompRule> rules) {
        var builder = SeccompProfile.builder(defaultAction);
        var others = architectures.toArray(SeccompArch[]::new);
        if (mapped) {
            builder.archMap(SeccompArch.X86_64, others).archMap(SeccompArch.AARCH64, others);
        } else {
            builder.architectures(others);
        }
        rules.forEach(builder::rule);
        return builder.build();
    }

    private static Arbitrary<SeccompRule> rules() {
        return Combinators.combine(
                        Arbitraries.of(NAMES).list().ofMinSize(1).ofMaxSize(3),
                        Arbitraries.of(ACTIONS),
                        conditions().list().ofMaxSize(3),
                        scopes(),
                        scopes())
                .as(
                        (names, action, conditions, includes, excludes) ->
                                new SeccompRule(names, action, conditions, includes, excludes, ""));
    }

    private static Arbitrary<SeccompCondition> conditions() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.of(SeccompCondition.Operator.class),
                        values(),
                        values())
                .as(
                        (index, operator, value, valueTwo) ->
                                operator == SeccompCondition.Operator.MASKED_EQ
                                        ? SeccompCondition.masked(index, value, valueTwo & value)
                                        : SeccompCondition.arg(index, operator, value));
    }

    private static Arbitrary<SeccompScope> scopes() {
        var plain = Arbitraries.just(SeccompScope.NONE);
        var some =
                Arbitraries.of(
                        SeccompScope.capabilities(Capability.SYS_ADMIN),
                        SeccompScope.arches("amd64"),
                        SeccompScope.arches("arm64", "arm"),
                        SeccompScope.kernelFrom(new KernelVersion(5, 14)),
                        new SeccompScope(
                                Set.of(Capability.CHOWN, Capability.KILL),
                                Set.of("amd64"),
                                new KernelVersion(6, 0)));
        return Arbitraries.frequencyOf(Tuple.of(3, plain), Tuple.of(1, some));
    }

    private static Arbitrary<Long> values() {
        return Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.of(VALUES)), Tuple.of(1, Arbitraries.longs()));
    }
}
