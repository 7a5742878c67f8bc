package io.pelagos.core.security;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a container may do with files, TCP ports and processes outside, enforced by Landlock on top
 * of all other permissions; see landlock(7) and the kernel's {@code userspace-api/landlock}.
 *
 * <p>Each kind of restriction begins with its first rule: without rules about paths no file is
 * restricted; with one, whatever no rule names is forbidden. The same holds for binding and for
 * connecting. What the running kernel's version of Landlock (its ABI) cannot do is left out, and
 * {@link #warnings} says so.
 *
 * <p>The methods that take an ABI give what the system calls want, so that a launch plan only has
 * to make them: landlock_create_ruleset(2) with {@link #rulesetAttr}, landlock_add_rule(2) for each
 * path and port, landlock_restrict_self(2) with {@link #restrictFlags}.
 *
 * @param paths what is allowed below or at paths
 * @param handledNet which uses of TCP ports are forbidden unless allowed
 * @param ports what is allowed with ports
 * @param scopes ways to processes outside that are closed
 * @param logs changes to what is written to the audit log
 */
public record LandlockRules(
        List<LandlockPathRule> paths,
        Set<LandlockNet> handledNet,
        List<LandlockPortRule> ports,
        Set<LandlockScope> scopes,
        Set<LandlockLog> logs) {
    /** {@code LANDLOCK_RULE_PATH_BENEATH}: the rule type of a path. */
    public static final int RULE_PATH_BENEATH = 1;

    /** {@code LANDLOCK_RULE_NET_PORT}: the rule type of a port. */
    public static final int RULE_NET_PORT = 2;

    private static final LandlockRules NONE =
            new LandlockRules(List.of(), Set.of(), List.of(), Set.of(), Set.of());

    /**
     * Checks that each port belongs to a restriction, and takes copies.
     *
     * @param paths what is allowed with paths
     * @param handledNet which uses of ports are restricted
     * @param ports what is allowed with ports
     * @param scopes ways that are closed
     * @param logs changes to the log
     */
    public LandlockRules {
        paths = List.copyOf(paths);
        ports = List.copyOf(ports);
        handledNet = ordered(handledNet, LandlockNet.class);
        scopes = ordered(scopes, LandlockScope.class);
        logs = ordered(logs, LandlockLog.class);
        for (var port : ports) {
            if (!handledNet.contains(port.access())) {
                throw new IllegalArgumentException(
                        "Landlock rules: ports: %s %d is allowed, but %s is not restricted"
                                .formatted(port.access(), port.port(), port.access()));
            }
        }
    }

    /**
     * Returns the rules that restrict nothing.
     *
     * @return empty rules
     */
    public static LandlockRules none() {
        return NONE;
    }

    /**
     * Allows to read files, list directories and execute programs below a path.
     *
     * @param path an absolute path as the container sees it
     * @return new rules
     */
    public LandlockRules readOnly(String path) {
        return allow(
                path, LandlockAccess.EXECUTE, LandlockAccess.READ_FILE, LandlockAccess.READ_DIR);
    }

    /**
     * Allows everything below a path that the other permissions allow.
     *
     * @param path an absolute path as the container sees it
     * @return new rules
     */
    public LandlockRules readWrite(String path) {
        return allow(path, LandlockAccess.values());
    }

    /**
     * Allows to execute a program, or those below a path, without listing directories. Executing
     * needs reading for scripts, and the dynamic linker and the libraries have to be allowed too.
     *
     * @param path an absolute path as the container sees it
     * @return new rules
     */
    public LandlockRules execute(String path) {
        return allow(path, LandlockAccess.EXECUTE, LandlockAccess.READ_FILE);
    }

    /**
     * Allows rights below a path.
     *
     * @param path an absolute path as the container sees it
     * @param access the rights, at least one
     * @return new rules
     */
    public LandlockRules allow(String path, LandlockAccess... access) {
        return new LandlockRules(
                added(paths, List.of(new LandlockPathRule(path, Set.of(access)))),
                handledNet,
                ports,
                scopes,
                logs);
    }

    /**
     * Forbids binding to TCP ports other than these and those allowed already.
     *
     * @param allowed ports; none to forbid all
     * @return new rules
     */
    public LandlockRules bindTcp(int... allowed) {
        return net(LandlockNet.BIND_TCP, allowed);
    }

    /**
     * Forbids connecting to TCP ports other than these and those allowed already.
     *
     * @param allowed ports; none to forbid all
     * @return new rules
     */
    public LandlockRules connectTcp(int... allowed) {
        return net(LandlockNet.CONNECT_TCP, allowed);
    }

    /**
     * Closes ways to processes outside.
     *
     * @param more the ways
     * @return new rules
     */
    public LandlockRules scope(LandlockScope... more) {
        return new LandlockRules(
                paths, handledNet, ports, Set.copyOf(added(scopes, List.of(more))), logs);
    }

    /**
     * Changes what is written to the audit log.
     *
     * @param more the changes
     * @return new rules
     */
    public LandlockRules log(LandlockLog... more) {
        return new LandlockRules(
                paths, handledNet, ports, scopes, Set.copyOf(added(logs, List.of(more))));
    }

    /**
     * Tells whether there is nothing to enforce on any kernel.
     *
     * @return true when nothing is restricted
     */
    public boolean isEmpty() {
        return paths.isEmpty() && handledNet.isEmpty() && scopes.isEmpty();
    }

    /**
     * Tells whether there is something to enforce; the kernel refuses an empty ruleset with ENOMSG.
     *
     * @param abi the version of Landlock; 0 when the kernel has none
     * @return true when the calls are worth making
     */
    public boolean isEnforceable(int abi) {
        return (handledFs(abi) | handledNet(abi) | scoped(abi)) != 0;
    }

    /**
     * Returns the rights with files that are forbidden unless a rule allows them.
     *
     * @param abi the version of Landlock; 0 when the kernel has none
     * @return all rights that the ABI knows when there are rules about paths, else 0
     */
    public long handledFs(int abi) {
        return paths.isEmpty()
                ? 0
                : LandlockAccess.mask(EnumSet.allOf(LandlockAccess.class), abi, true);
    }

    /**
     * Returns the uses of TCP ports that are forbidden unless a rule allows them.
     *
     * @param abi the version of Landlock; 0 when the kernel has none
     * @return a mask of {@link LandlockNet}
     */
    public long handledNet(int abi) {
        return abi < LandlockNet.ABI ? 0 : handledNet.stream().mapToLong(LandlockNet::mask).sum();
    }

    /**
     * Returns the ways to processes outside that are closed.
     *
     * @param abi the version of Landlock; 0 when the kernel has none
     * @return a mask of {@link LandlockScope}
     */
    public long scoped(int abi) {
        return abi < LandlockScope.ABI ? 0 : scopes.stream().mapToLong(LandlockScope::mask).sum();
    }

    /**
     * Returns {@code struct landlock_ruleset_attr} in the size that the ABI knows; an older kernel
     * would refuse a longer one that is not zero there.
     *
     * @param abi the version of Landlock, 1 or more
     * @return 8 bytes before ABI 4, 16 before ABI 6, else 24
     */
    public byte[] rulesetAttr(int abi) {
        requireLandlock(abi);
        int size = abi < LandlockNet.ABI ? 8 : abi < LandlockScope.ABI ? 16 : 24;
        var attr = ByteBuffer.allocate(24).order(LITTLE_ENDIAN);
        attr.putLong(handledFs(abi)).putLong(handledNet(abi)).putLong(scoped(abi));
        return Arrays.copyOf(attr.array(), size);
    }

    /**
     * Returns the ports' rules that the ABI can enforce.
     *
     * @param abi the version of Landlock; 0 when the kernel has none
     * @return all of them or none
     */
    public List<LandlockPortRule> ports(int abi) {
        return abi < LandlockNet.ABI ? List.of() : ports;
    }

    /**
     * Returns {@code struct landlock_path_beneath_attr}, which is packed.
     *
     * @param mask what is allowed, see {@link LandlockPathRule#mask}
     * @param fd a descriptor of the path
     * @return 12 bytes; the descriptor is the last four
     */
    public static byte[] pathBeneathAttr(long mask, int fd) {
        return ByteBuffer.allocate(12).order(LITTLE_ENDIAN).putLong(mask).putInt(fd).array();
    }

    /**
     * Returns the flags of landlock_restrict_self(2).
     *
     * @param abi the version of Landlock; 0 when the kernel has none
     * @return a mask of {@link LandlockLog}
     */
    public int restrictFlags(int abi) {
        return abi < LandlockLog.ABI ? 0 : logs.stream().mapToInt(LandlockLog::flag).sum();
    }

    /**
     * Says which rules the kernel cannot enforce or can enforce in part only.
     *
     * @param abi the version of Landlock; 0 when the kernel has none
     * @return a sentence for each; empty when everything is enforced
     */
    public List<String> warnings(int abi) {
        if (isEmpty()) {
            return List.of();
        }
        if (abi < 1) {
            return List.of(
                    "Landlock: no rule is enforced: this kernel has no Landlock, or it is off");
        }
        var warnings = new ArrayList<String>();
        if (!paths.isEmpty()) {
            for (var access : LandlockAccess.values()) {
                if (access.abi() > abi) {
                    warnings.addAll(pathWarnings(access, abi));
                }
            }
        }
        handledNet.stream()
                .filter(net -> abi < LandlockNet.ABI)
                .forEach(net -> warnings.add(notEnforced(net.name(), LandlockNet.ABI, abi)));
        scopes.stream()
                .filter(scope -> abi < LandlockScope.ABI)
                .forEach(scope -> warnings.add(notEnforced(scope.name(), LandlockScope.ABI, abi)));
        logs.stream()
                .filter(log -> abi < LandlockLog.ABI)
                .forEach(log -> warnings.add(notEnforced(log.name(), LandlockLog.ABI, abi)));
        return List.copyOf(warnings);
    }

    /**
     * A right that the kernel does not know is allowed everywhere, whatever the rules say; only
     * {@link LandlockAccess#REFER} is forbidden everywhere by a kernel that does not know it.
     */
    private List<String> pathWarnings(LandlockAccess access, int abi) {
        if (access == LandlockAccess.REFER) {
            return paths.stream()
                    .filter(path -> path.access().contains(access))
                    .map(
                            path ->
                                    "Landlock: REFER stays forbidden below %s: it needs ABI %d, this kernel has %d"
                                            .formatted(path.path(), access.abi(), abi))
                    .toList();
        }
        var without =
                paths.stream()
                        .filter(path -> !path.access().contains(access))
                        .map(path -> path.path() + ", ")
                        .collect(Collectors.joining());
        return List.of(
                "Landlock: %s stays allowed below %sand wherever no rule is: it needs ABI %d, this kernel has %d"
                        .formatted(access, without, access.abi(), abi));
    }

    private static String notEnforced(String what, int needed, int abi) {
        return "Landlock: %s is not enforced: it needs ABI %d, this kernel has %d"
                .formatted(what, needed, abi);
    }

    private LandlockRules net(LandlockNet access, int... allowed) {
        var more = new ArrayList<LandlockPortRule>();
        for (int port : allowed) {
            more.add(new LandlockPortRule(access, port));
        }
        return new LandlockRules(
                paths,
                Set.copyOf(added(handledNet, List.of(access))),
                added(ports, more),
                scopes,
                logs);
    }

    private static void requireLandlock(int abi) {
        if (abi < 1) {
            throw new IllegalArgumentException("Landlock: abi: there is none below 1: " + abi);
        }
    }

    private static <T> List<T> added(Collection<T> some, Collection<T> more) {
        var all = new ArrayList<T>(some);
        all.addAll(more);
        return all.stream().distinct().toList();
    }

    private static <E extends Enum<E>> Set<E> ordered(Set<E> set, Class<E> type) {
        var ordered = EnumSet.noneOf(type);
        ordered.addAll(set);
        return Collections.unmodifiableSet(ordered);
    }
}
