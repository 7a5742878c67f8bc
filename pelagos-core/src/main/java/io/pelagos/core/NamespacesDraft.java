package io.pelagos.core;

import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.ContainerSpec.ClockOffsets;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The namespaces of a container while it is being described; it begins with a new one of each kind
 * but user and time.
 */
final class NamespacesDraft {
    final Map<Namespace, NamespaceMode> modes = new EnumMap<>(Namespace.class);
    final List<IdMap> uidMap = new ArrayList<>();
    final List<IdMap> gidMap = new ArrayList<>();
    ClockOffsets clocks = ClockOffsets.NONE;

    /** Whether the ranges of the user namespace are chosen when everything else is known. */
    boolean automaticIds;

    NamespacesDraft() {
        for (var namespace : Namespace.values()) {
            if (namespace != Namespace.USER && namespace != Namespace.TIME) {
                modes.put(namespace, NamespaceMode.CREATE);
            }
        }
    }

    /** Takes over the namespaces of a specification. */
    void copy(ContainerSpec spec) {
        modes.clear();
        modes.putAll(spec.namespaces());
        uidMap.addAll(spec.uidMap());
        gidMap.addAll(spec.gidMap());
        clocks = spec.clocks();
    }

    void set(NamespaceMode mode, Namespace... kinds) {
        for (var kind : kinds) {
            modes.put(kind, mode);
        }
    }

    /** Makes a new user namespace with these ranges. */
    void user(List<IdMap> uids, List<IdMap> gids) {
        uidMap.clear();
        uidMap.addAll(uids);
        gidMap.clear();
        gidMap.addAll(gids);
        set(NamespaceMode.CREATE, Namespace.USER);
    }
}
