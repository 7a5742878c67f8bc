package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.End;
import io.pelagos.core.internal.state.ContainerState.Health;
import io.pelagos.core.internal.state.ProcessMark;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Restart;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EventSourceTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final ProcessMark PROCESS = new ProcessMark("boot", 7, 100);

    private final List<String> seen = new ArrayList<>();

    private static ContainerState starting(Restart restart) {
        return ContainerState.starting(
                "id",
                "db",
                ContainerBuilder.describing(Rootfs.host()).command("true").spec(),
                new ContainerState.Upkeep(restart, null, 1 << 20, false),
                PROCESS,
                NOW);
    }

    private static ContainerState running() {
        return starting(Restart.NO).running(PROCESS, PROCESS, Map.of(), 0);
    }

    private List<String> between(List<ContainerState> before, List<ContainerState> after) {
        var source = new EventSource(before, e -> seen.add(e.kind().toString()));
        source.look(after);
        return seen;
    }

    @Test
    void startIsToldWhenThereIsAProcess() {
        assertThat(between(List.of(), List.of(starting(Restart.NO)))).containsExactly("CREATED");
        seen.clear();
        assertThat(between(List.of(starting(Restart.NO)), List.of(running())))
                .containsExactly("STARTED");
    }

    @Test
    void containerThatCameAndEndedBetweenTwoLooksHasItsWholeLife() {
        var ended = running().ended(new End(NOW, new Exit.Code(0)));
        assertThat(between(List.of(), List.of(ended)))
                .containsExactly("CREATED", "STARTED", "DIED");
    }

    @Test
    void endByMemoryIsToldApart() {
        var ended = running().ended(new End(NOW, new Exit.OutOfMemory(1)));
        assertThat(between(List.of(running()), List.of(ended))).containsExactly("DIED", "OOM");
    }

    @Test
    void endThatSomebodyWantedIsToldApart() {
        var ended = running().withStopped(true).ended(new End(NOW, new Exit.Code(143)));
        assertThat(between(List.of(running()), List.of(ended))).containsExactly("DIED", "STOPPED");
    }

    @Test
    void runThatNobodyLookedAtHasEnded() {
        var again =
                running()
                        .again("id", PROCESS, NOW.plusSeconds(1), 1)
                        .running(PROCESS, PROCESS, Map.of(), 0);
        assertThat(between(List.of(running()), List.of(again))).containsExactly("DIED", "STARTED");
        seen.clear();
        var stopped = running().withStopped(true).ended(new End(NOW, new Exit.Code(143)));
        assertThat(between(List.of(running()), List.of(again(stopped, 1))))
                .containsExactly("DIED", "STOPPED", "STARTED");
    }

    private static ContainerState again(ContainerState before, int second) {
        return before.again("id", PROCESS, NOW.plusSeconds(second), 1)
                .running(PROCESS, PROCESS, Map.of(), 0);
    }

    private static ContainerState ended(ContainerState before, int code) {
        return before.ended(new End(NOW, new Exit.Code(code)));
    }

    @Test
    void shortRunsBetweenTwoLooksAreToldOneByOne() {
        var state = ended(again(ended(again(ended(running(), 1), 1), 2), 2), 3);
        var exits = new ArrayList<String>();
        var source =
                new EventSource(
                        List.of(running()),
                        e -> exits.add(e.kind() + " " + code(e.container().exit())));
        source.look(List.of(state));
        assertThat(exits).containsExactly("DIED 1", "STARTED -", "DIED 2", "STARTED -", "DIED 3");
        exits.clear();
        source.look(List.of(state));
        assertThat(exits).isEmpty();
        source.look(List.of(again(state, 3)));
        assertThat(exits).containsExactly("STARTED -");
    }

    private static String code(@org.jspecify.annotations.Nullable Exit exit) {
        return exit == null ? "-" : Integer.toString(exit.code());
    }

    @Test
    void allRunsOfAContainerThatIsNewAreTold() {
        var state = again(ended(running(), 1), 1);
        assertThat(between(List.of(), List.of(state)))
                .containsExactly("CREATED", "STARTED", "DIED", "STARTED");
    }

    @Test
    void namesAndHealthAreCompared() {
        var other = running().renamed("database").withHealth(Health.HEALTHY);
        assertThat(between(List.of(running()), List.of(other)))
                .containsExactly("RENAMED", "HEALTH");
        seen.clear();
        assertThat(between(List.of(other), List.of())).containsExactly("REMOVED");
    }

    @Test
    void delayBeforeARestartDoublesUpToAMinute() {
        assertThat(Keeper.delay(0)).isEqualTo(Duration.ofMillis(100));
        assertThat(Keeper.delay(3)).isEqualTo(Duration.ofMillis(800));
        assertThat(Keeper.delay(1000)).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void policiesSayWhetherARunIsFollowedByAnother() {
        var failed = new End(NOW, new Exit.Code(1));
        var fine = new End(NOW, new Exit.Code(0));
        assertThat(Keeper.isDue(starting(Restart.NO).ended(failed))).isFalse();
        assertThat(Keeper.isDue(starting(Restart.onFailure(2)).ended(fine))).isFalse();
        assertThat(Keeper.isDue(starting(Restart.onFailure(2)).ended(failed))).isTrue();
        assertThat(
                        Keeper.isDue(
                                starting(Restart.onFailure(2))
                                        .again("id", PROCESS, NOW, 2)
                                        .ended(failed)))
                .isFalse();
        assertThat(Keeper.isDue(starting(Restart.ALWAYS).ended(fine))).isTrue();
        var always = starting(Restart.ALWAYS).withStopped(true).ended(fine);
        var unlessStopped = starting(Restart.UNLESS_STOPPED).withStopped(true).ended(fine);
        assertThat(Keeper.isDue(always)).isFalse();
        assertThat(Keeper.isDue(unlessStopped)).isFalse();
        assertThat(Keeper.isDueAfterRecovery(always)).isTrue();
        assertThat(Keeper.isDueAfterRecovery(unlessStopped)).isFalse();
        assertThat(Keeper.isDueAfterRecovery(starting(Restart.UNLESS_STOPPED).ended(fine)))
                .isTrue();
    }
}
