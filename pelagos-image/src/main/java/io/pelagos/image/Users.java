package io.pelagos.image;

import io.pelagos.core.ContainerStateException;
import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Who uses what is in the store: containers, running or detached, of every JVM; and leases. */
final class Users {
    private final Pelagos pelagos;

    Users(Pelagos pelagos) {
        this.pelagos = pelagos;
    }

    /** A user, and the directories that it stands on. */
    private record User(String name, List<Path> layers) {}

    /**
     * Whoever begins to use something takes a lease first and is found by other means later, so
     * leases are looked at first.
     */
    private List<User> all() {
        var all = new ArrayList<User>();
        pelagos.leases().list().forEach(it -> all.add(new User(it.holder(), it.layers())));
        pelagos.running().forEach(it -> all.add(user(it.name(), it.spec().root())));
        var detached = pelagos.containers();
        for (var info : detached.list()) {
            try {
                all.add(user(info.name(), detached.find(info.id()).spec().root()));
            } catch (ContainerStateException _) {
                // Another runtime's, which has written less: what it stands on is the top layer.
                all.add(new User(info.name(), List.of(Path.of(info.rootfs()))));
            }
        }
        return all;
    }

    private static User user(String name, RootSpec root) {
        return new User(
                name, root instanceof RootSpec.Layers layers ? layers.directories() : List.of());
    }

    /** Returns the names of those that use exactly this stack of layers. */
    List<String> of(List<Path> stack) {
        return all().stream()
                .filter(it -> it.layers().equals(stack))
                .map(User::name)
                .distinct()
                .sorted()
                .toList();
    }

    /** Returns the names of those that use a layer. */
    List<String> of(Path layer) {
        return all().stream()
                .filter(it -> it.layers().contains(layer))
                .map(User::name)
                .distinct()
                .sorted()
                .toList();
    }

    /** Returns every layer that anybody uses. */
    Set<Digest> layers() {
        var used = new HashSet<Digest>();
        for (var user : all()) {
            for (var directory : user.layers()) {
                var name = String.valueOf(directory.getFileName());
                if (ImageReference.isIdentifier(name)) {
                    used.add(new Digest("sha256", name));
                }
            }
        }
        return used;
    }
}
