package io.pelagos.image.internal.layer;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.LayerStack;
import io.pelagos.core.files.OverlayXattrs;
import io.pelagos.core.spec.FileEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Directories that an image has, for a layer that is put onto it. */
public final class ImageFiles {
    private static final int LINKS = 40;

    private final FileCalls calls;
    private final LayerStack stack;
    private final Map<String, String> resolved = new HashMap<>();

    /**
     * Looks at layers.
     *
     * @param calls how
     * @param stack the layers of the image; none for an image without any
     */
    public ImageFiles(FileCalls calls, LayerStack stack) {
        this.calls = calls;
        this.stack = stack;
    }

    /** Looks at one directory, and closes it. */
    private interface Look<T> {
        T at(LayerStack.Directory directory);
    }

    private <T> T in(List<String> path, Look<T> look) {
        var opened = new ArrayDeque<LayerStack.Directory>();
        try {
            var at = stack.root();
            for (var name : path) {
                at = at.open(name);
                opened.push(at);
            }
            return look.at(at);
        } finally {
            opened.forEach(LayerStack.Directory::close);
        }
    }

    /**
     * Resolves the links in the path of a directory; what the image does not have stays as it is.
     *
     * @param path relative to the top of the image
     * @return a path of the same kind, without links
     * @throws IllegalArgumentException when it leads through what is no directory, or in circles
     */
    public String resolve(String path) {
        var known = resolved.get(path);
        if (known == null) {
            known = String.join("/", walk(path));
            resolved.put(path, known);
        }
        return known;
    }

    private List<String> walk(String path) {
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(path.split("/", -1)));
        var at = new ArrayList<String>();
        int links = 0;
        while (!rest.isEmpty()) {
            var name = rest.pop();
            switch (name) {
                case "", "." -> {}
                case ".." -> {
                    if (!at.isEmpty()) {
                        at.removeLast();
                    }
                }
                default -> {
                    var link = in(at, directory -> link(directory, name, path));
                    if (link.isEmpty()) {
                        at.add(name);
                    } else {
                        if (++links > LINKS) {
                            throw refused(path, "symbolic links lead in circles");
                        }
                        if (link.get().startsWith("/")) {
                            at.clear();
                        }
                        Arrays.asList(link.get().split("/", -1)).reversed().forEach(rest::push);
                    }
                }
            }
        }
        return at;
    }

    /** Returns where a link leads to, or nothing for a directory, and for nothing. */
    private Optional<String> link(LayerStack.Directory directory, String name, String path) {
        var found = directory.find(name);
        if (found.isEmpty() || found.get().status().isDirectory()) {
            return Optional.empty();
        }
        if (!found.get().status().isSymlink()) {
            throw refused(path, name + " is no directory in the image");
        }
        return Optional.of(calls.readLink(found.get().holder(), name));
    }

    private static IllegalArgumentException refused(String path, String why) {
        return new IllegalArgumentException("path \"/" + path + "\": " + why);
    }

    /**
     * Finds a directory of the image.
     *
     * @param path relative to the top, without links
     * @return its owner, permissions and attributes; empty when the image has none there
     */
    public Optional<FileEntry> directory(String path) {
        var names = path.isEmpty() ? List.<String>of() : Arrays.asList(path.split("/", -1));
        return in(
                names,
                directory ->
                        directory.isEmpty()
                                ? Optional.empty()
                                : Optional.of(entry(directory, path)));
    }

    private FileEntry entry(LayerStack.Directory directory, String path) {
        return calls.status(directory.top())
                .entry(
                        path,
                        FileEntry.Type.DIRECTORY,
                        "",
                        OverlayXattrs.without(calls.xattrs(directory.top())));
    }
}
