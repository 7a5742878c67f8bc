package io.pelagos.core.testing;

import io.pelagos.core.spec.Descriptors;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.ListenSocket;
import io.pelagos.core.spec.Personality;
import io.pelagos.core.spec.ProcessSpec;
import io.pelagos.core.spec.Rlimit;
import io.pelagos.core.spec.User;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.jspecify.annotations.Nullable;

/** First programs of containers. */
final class ProcessArbitraries {
    private ProcessArbitraries() {}

    private record Identity(User user, List<String> groups) {}

    private record Settings(
            FileMode umask,
            Map<Rlimit, Rlimit.Limit> rlimits,
            @Nullable Integer oomScoreAdj,
            boolean terminal,
            More more) {}

    private record More(@Nullable Personality personality, Descriptors descriptors) {}

    static Arbitrary<ProcessSpec> processes() {
        var words = Arbitraries.oneOf(numbers(), names());
        var groups = Arbitraries.oneOf(words, Arbitraries.just(""));
        return processes(Combinators.combine(words, groups).as(User::new), words);
    }

    /** Those whose user and groups are given by number. */
    static Arbitrary<ProcessSpec> numericProcesses() {
        return processes(Combinators.combine(numbers(), numbers()).as(User::new), numbers());
    }

    private static Arbitrary<ProcessSpec> processes(
            Arbitrary<User> users, Arbitrary<String> groups) {
        var identities = Combinators.combine(users, groups.list().ofMaxSize(3)).as(Identity::new);
        return Combinators.combine(
                        SpecArbitraries.texts().map(text -> "p" + text),
                        SpecArbitraries.texts().list().ofMaxSize(4),
                        Arbitraries.maps(variables(), SpecArbitraries.texts()).ofMaxSize(4),
                        SpecArbitraries.containerPaths(),
                        identities,
                        settings())
                .as(ProcessArbitraries::process);
    }

    private static ProcessSpec process(
            String program,
            List<String> arguments,
            Map<String, String> environment,
            String cwd,
            Identity identity,
            Settings settings) {
        var command = new ArrayList<String>();
        command.add(program);
        command.addAll(arguments);
        return new ProcessSpec(
                command,
                environment,
                cwd,
                identity.user(),
                identity.groups(),
                settings.umask(),
                settings.rlimits(),
                settings.oomScoreAdj(),
                settings.terminal(),
                null,
                settings.more().personality(),
                settings.more().descriptors());
    }

    private static Arbitrary<More> more() {
        var addresses =
                Arbitraries.of(
                        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 80),
                        new InetSocketAddress(InetAddress.ofLiteral("::1"), 65_535),
                        UnixDomainSocketAddress.of("/run/a=b:c.sock"));
        var sockets =
                Combinators.combine(Arbitraries.of("http", "a=b", " "), addresses)
                        .as(
                                (name, address) ->
                                        new ListenSocket(
                                                name, new ListenSocket.Source.Address(address)));
        return Combinators.combine(
                        Arbitraries.of(Personality.class).injectNull(0.5),
                        sockets.list().ofMaxSize(3))
                .as(
                        (personality, listening) ->
                                new More(personality, new Descriptors(listening, List.of())));
    }

    private static Arbitrary<Settings> settings() {
        return Combinators.combine(
                        SpecArbitraries.modeBits(0777),
                        Arbitraries.maps(Arbitraries.of(Rlimit.class), limits()).ofMaxSize(4),
                        Arbitraries.integers().between(-1000, 1000).injectNull(0.3),
                        Arbitraries.of(true, false),
                        more())
                .as(Settings::new);
    }

    private static Arbitrary<Rlimit.Limit> limits() {
        var amounts = Arbitraries.longs().between(0, Long.MAX_VALUE);
        var finite =
                Combinators.combine(amounts, amounts)
                        .as((a, b) -> new Rlimit.Limit(Math.min(a, b), Math.max(a, b)));
        var unlimited = amounts.map(soft -> new Rlimit.Limit(soft, Rlimit.Limit.UNLIMITED));
        var both =
                Arbitraries.just(new Rlimit.Limit(Rlimit.Limit.UNLIMITED, Rlimit.Limit.UNLIMITED));
        return Arbitraries.oneOf(finite, unlimited, both);
    }

    private static Arbitrary<String> variables() {
        return SpecArbitraries.texts().map(text -> "V" + text.replace('=', '_'));
    }

    private static Arbitrary<String> numbers() {
        return Arbitraries.longs().between(0, User.MAX_ID).map(String::valueOf);
    }

    private static Arbitrary<String> names() {
        return Arbitraries.strings()
                .withCharRange('a', 'z')
                .withChars("_-.$")
                .ofMaxLength(10)
                .map(text -> "u" + text);
    }
}
