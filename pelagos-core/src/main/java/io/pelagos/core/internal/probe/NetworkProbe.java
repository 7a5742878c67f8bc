package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Syscall;
import java.util.List;

/** What networks between containers need. */
final class NetworkProbe {
    private static final String NAME = "bridge networks";
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int NETLINK_NETFILTER = 12;
    private static final List<String> MODULE_LISTS = List.of("modules.builtin", "modules.dep");

    private NetworkProbe() {}

    static List<Finding> find(Host host) {
        return List.of(bridge(host));
    }

    private static Finding bridge(Host host) {
        if (!host.hasCapability(Host.CAP_NET_ADMIN) || !host.hasCapability(Host.CAP_SYS_ADMIN)) {
            return Finding.no(
                    NAME, "they take CAP_NET_ADMIN and CAP_SYS_ADMIN", "use pasta, or run as root");
        }
        if (!host.files().exists("/sys/module/bridge") && !isInstalled(host)) {
            return Finding.no(NAME, "this kernel has no bridge driver", "modprobe bridge");
        }
        long socket =
                host.kernel().call(Syscall.SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_NETFILTER);
        if (socket < 0) {
            return Finding.partly(
                    NAME,
                    "this kernel has no nf_tables, so there is no NAT and no published port",
                    "modprobe nf_tables");
        }
        host.kernel().call(Syscall.CLOSE, socket);
        return Finding.yes(NAME, "");
    }

    private static boolean isInstalled(Host host) {
        var release = host.line("/proc/sys/kernel/osrelease").orElse("");
        return MODULE_LISTS.stream()
                .flatMap(list -> host.files().read("/lib/modules/" + release + "/" + list).stream())
                .anyMatch(modules -> modules.contains("/bridge/bridge.ko"));
    }
}
