package io.pelagos.core.internal.files;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.files.LayerStack;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Change;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;

/** Tells how a writable layer differs from the layers below it. */
public final class LayerDiff {
    private final FileCalls calls;
    private final BiPredicate<String, FileStatus> passedOver;
    private final List<Change> changes = new ArrayList<>();

    private LayerDiff(FileCalls calls, BiPredicate<String, FileStatus> passedOver) {
        this.calls = calls;
        this.passedOver = passedOver;
    }

    /**
     * Compares.
     *
     * @param calls how to look
     * @param upper the writable layer
     * @param lower the layers below it, the highest first
     * @param passedOver what new file at which path does not count
     * @return the changes, a directory before what is in it
     */
    public static List<Change> of(
            FileCalls calls,
            Path upper,
            List<Path> lower,
            BiPredicate<String, FileStatus> passedOver) {
        var diff = new LayerDiff(calls, passedOver);
        try (var stack = LayerStack.open(calls, lower);
                var top = calls.openPath(upper.toString(), Constant.flags(O_RDONLY, O_DIRECTORY))) {
            diff.compare(top, stack.root(), "/");
        }
        return diff.changes;
    }

    private void compare(Fd upper, LayerStack.Directory lower, String prefix) {
        var names = calls.list(upper);
        for (var name : names) {
            var status = calls.status(upper, name);
            if (status.isPresent()) {
                compare(upper, lower, name, prefix + name, status.get());
            }
        }
        if (!lower.isEmpty() && LayerStack.isOpaque(calls, upper)) {
            var present = new HashSet<>(names);
            for (var name : lower.list()) {
                if (!present.contains(name)) {
                    changes.add(new Change(Change.Kind.DELETED, prefix + name));
                }
            }
        }
    }

    private void compare(
            Fd upper, LayerStack.Directory lower, String name, String path, FileStatus status) {
        var below = lower.find(name).map(LayerStack.Found::status);
        if (status.isWhiteout()) {
            if (below.isPresent()) {
                changes.add(new Change(Change.Kind.DELETED, path));
            }
            return;
        }
        if (below.isPresent()) {
            if (differs(status, below.get())) {
                changes.add(new Change(Change.Kind.CHANGED, path));
            }
        } else if (!passedOver.test(path, status)) {
            changes.add(new Change(Change.Kind.ADDED, path));
        }
        if (status.isDirectory()) {
            descend(upper, lower, name, path, below);
        }
    }

    private void descend(
            Fd upper,
            LayerStack.Directory lower,
            String name,
            String path,
            Optional<FileStatus> below) {
        boolean merged = below.filter(FileStatus::isDirectory).isPresent();
        try (var inner = calls.openEntry(upper, name, Constant.flags(O_RDONLY, O_DIRECTORY), 0);
                var innerLower = merged ? lower.open(name) : lower.none()) {
            compare(inner, innerLower, path + "/");
        }
    }

    /** A file that was opened for writing is copied up even when nothing is written to it. */
    private static boolean differs(FileStatus now, FileStatus before) {
        if (now.mode() != before.mode() || now.uid() != before.uid() || now.gid() != before.gid()) {
            return true;
        }
        return !now.isDirectory()
                && (now.size() != before.size() || !now.modified().equals(before.modified()));
    }
}
