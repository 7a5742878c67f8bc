package io.pelagos.core.testing;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.security.LandlockAccess;
import io.pelagos.core.security.LandlockLog;
import io.pelagos.core.security.LandlockNet;
import io.pelagos.core.security.LandlockPathRule;
import io.pelagos.core.security.LandlockPortRule;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.LandlockScope;
import io.pelagos.core.security.LsmLabels;
import io.pelagos.core.security.SeccompAction;
import io.pelagos.core.security.SeccompArch;
import io.pelagos.core.security.SeccompCondition;
import io.pelagos.core.security.SeccompFlag;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.security.SeccompRule;
import io.pelagos.core.security.SeccompScope;
import io.pelagos.core.spec.Confinement;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** What containers may do. */
final class ConfinementArbitraries {
    private ConfinementArbitraries() {}

    private record Capabilities(Set<Capability> bounding, Set<Capability> ambient) {}

    private record Paths(List<String> masked, List<String> readOnly, LsmLabels labels) {}

    static Arbitrary<Confinement> confinements(Arbitrary<SeccompProfile> profiles) {
        var paths = SpecArbitraries.containerPaths().list().ofMaxSize(3);
        var sysctls = Arbitraries.of("net.ipv4.ip_forward", "kernel.shmmax", "fs.mqueue/msg_max");
        return Combinators.combine(
                        capabilities(),
                        Arbitraries.of(true, false),
                        profiles,
                        landlock(),
                        Combinators.combine(paths, paths, labels()).as(Paths::new),
                        Arbitraries.maps(sysctls, SpecArbitraries.texts()),
                        Arbitraries.of(true, false))
                .as(
                        (capabilities,
                                noNewPrivileges,
                                seccomp,
                                rules,
                                hidden,
                                values,
                                privileged) ->
                                new Confinement(
                                        capabilities.bounding(),
                                        capabilities.ambient(),
                                        noNewPrivileges,
                                        seccomp,
                                        rules,
                                        hidden.masked(),
                                        hidden.readOnly(),
                                        values,
                                        privileged,
                                        hidden.labels()));
    }

    private static Arbitrary<LsmLabels> labels() {
        var contexts =
                Arbitraries.of("system_u:system_r:container_t:s0:c1,c2", "u:r:t").injectNull(0.5);
        var selinux =
                Combinators.combine(contexts, contexts)
                        .as((label, mount) -> new LsmLabels(null, label, mount));
        var apparmor =
                Arbitraries.of("web", "unconfined", "a//b")
                        .map(name -> new LsmLabels(name, null, null));
        return Arbitraries.oneOf(Arbitraries.just(LsmLabels.NONE), selinux, apparmor);
    }

    private static Arbitrary<Capabilities> capabilities() {
        return Combinators.combine(
                        SpecArbitraries.subsets(Capability.class),
                        SpecArbitraries.subsets(Capability.class))
                .as(
                        (bounding, more) -> {
                            var ambient = EnumSet.noneOf(Capability.class);
                            ambient.addAll(more);
                            ambient.retainAll(bounding);
                            return new Capabilities(bounding, ambient);
                        });
    }

    /** Profiles of all kinds. */
    static Arbitrary<SeccompProfile> profiles() {
        return Arbitraries.oneOf(usual(), madeUp(scopes()));
    }

    /** Profiles that are the same on all machines, and the usual ones, which are recognized. */
    static Arbitrary<SeccompProfile> plainProfiles() {
        var nowhere = Arbitraries.just(SeccompScope.NONE);
        return Arbitraries.oneOf(
                usual(),
                madeUp(nowhere)
                        .map(
                                it ->
                                        new SeccompProfile(
                                                it.defaultAction(),
                                                it.architectures(),
                                                Map.of(),
                                                it.flags(),
                                                it.rules().stream()
                                                        .map(rule -> rule.comment(""))
                                                        .toList(),
                                                it.listenerPath(),
                                                it.listenerMetadata())));
    }

    private static Arbitrary<SeccompProfile> usual() {
        return Arbitraries.of(
                SeccompProfile.dockerDefault(),
                SeccompProfile.dockerDefaultWithIoUring(),
                SeccompProfile.minimal(),
                SeccompProfile.unconfined());
    }

    private static Arbitrary<SeccompProfile> madeUp(Arbitrary<SeccompScope> scopes) {
        var architectures = Arbitraries.of(SeccompArch.class).list().uniqueElements().ofMaxSize(3);
        var ways =
                Combinators.combine(architectures, Arbitraries.of(true, false))
                        .as(
                                (some, mapped) ->
                                        mapped && !some.isEmpty()
                                                ? Map.of(SeccompArch.X86_64, some)
                                                : Map.of(SeccompArch.AARCH64, some));
        return Combinators.combine(
                        actions(),
                        architectures,
                        ways,
                        SpecArbitraries.subsets(SeccompFlag.class),
                        rules(scopes).list().ofMaxSize(3),
                        SpecArbitraries.texts(),
                        SpecArbitraries.texts(),
                        Arbitraries.of(true, false))
                .as(
                        (action, some, map, flags, rules, path, metadata, mapped) ->
                                new SeccompProfile(
                                        action,
                                        mapped ? List.of() : some,
                                        mapped ? map : Map.of(),
                                        flags,
                                        rules,
                                        path,
                                        metadata));
    }

    private static Arbitrary<SeccompRule> rules(Arbitrary<SeccompScope> scopes) {
        var names = Arbitraries.of("read", "write", "openat", "clone", "socket", "no_such_call");
        return Combinators.combine(
                        names.list().ofMinSize(1).ofMaxSize(3),
                        actions(),
                        conditions().list().ofMaxSize(3),
                        scopes,
                        scopes,
                        SpecArbitraries.texts())
                .as(SeccompRule::new);
    }

    private static Arbitrary<SeccompAction> actions() {
        return Arbitraries.oneOf(
                Arbitraries.of(
                        SeccompAction.ALLOW,
                        SeccompAction.LOG,
                        SeccompAction.KILL_PROCESS,
                        SeccompAction.KILL_THREAD,
                        SeccompAction.TRAP,
                        SeccompAction.NOTIFY),
                Arbitraries.of(Errno.class).map(SeccompAction::errno),
                Arbitraries.integers().between(0, 0xffff).map(SeccompAction::trace));
    }

    private static Arbitrary<SeccompCondition> conditions() {
        var operators =
                Arbitraries.of(SeccompCondition.Operator.class)
                        .filter(operator -> operator != SeccompCondition.Operator.MASKED_EQ);
        var indexes = Arbitraries.integers().between(0, 5);
        return Arbitraries.oneOf(
                Combinators.combine(indexes, operators, Arbitraries.longs())
                        .as(SeccompCondition::arg),
                Combinators.combine(indexes, Arbitraries.longs(), Arbitraries.longs())
                        .as(SeccompCondition::masked));
    }

    private static Arbitrary<SeccompScope> scopes() {
        var kernels =
                Combinators.combine(
                                Arbitraries.integers().between(4, 7),
                                Arbitraries.integers().between(0, 20))
                        .as(KernelVersion::new);
        return Combinators.combine(
                        SpecArbitraries.subsets(Capability.class),
                        Arbitraries.of("amd64", "arm64", "s390x").set(),
                        kernels.injectNull(0.5))
                .as(SeccompScope::new);
    }

    private static Arbitrary<LandlockRules> landlock() {
        var access = Arbitraries.of(LandlockAccess.class).set().ofMinSize(1);
        var paths =
                Combinators.combine(SpecArbitraries.containerPaths(), access)
                        .as(LandlockPathRule::new)
                        .list()
                        .ofMaxSize(3);
        var ports =
                Combinators.combine(
                                Arbitraries.of(LandlockNet.class),
                                Arbitraries.integers().between(0, 65_535))
                        .as(LandlockPortRule::new)
                        .list()
                        .ofMaxSize(3);
        var rules =
                Combinators.combine(
                                paths,
                                SpecArbitraries.subsets(LandlockNet.class),
                                ports,
                                SpecArbitraries.subsets(LandlockScope.class),
                                SpecArbitraries.subsets(LandlockLog.class))
                        .as(ConfinementArbitraries::landlock);
        return Arbitraries.oneOf(Arbitraries.just(LandlockRules.none()), rules);
    }

    private static LandlockRules landlock(
            List<LandlockPathRule> paths,
            Set<LandlockNet> handled,
            List<LandlockPortRule> ports,
            Set<LandlockScope> scopes,
            Set<LandlockLog> logs) {
        var restricted = EnumSet.noneOf(LandlockNet.class);
        restricted.addAll(handled);
        ports.forEach(port -> restricted.add(port.access()));
        return new LandlockRules(paths, restricted, ports, scopes, logs);
    }
}
