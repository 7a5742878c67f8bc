package io.pelagos.image;

import io.pelagos.core.spec.ContainerPath;
import io.pelagos.core.spec.FileMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A Java program as layers of an image, what changes least the lowest: dependencies, dependencies
 * that are snapshots, resources, classes. So a change of the program alone makes one small layer
 * that is new, and the others are neither sent nor stored again.
 *
 * <pre>{@code
 * images.build(images.pull("eclipse-temurin:25-jre"))
 *         .app(JavaApp.of("shop.Main").dependencies(jars).classes(Path.of("target/classes")))
 *         .tag("shop:1");
 * }</pre>
 */
public final class JavaApp {
    private static final Pattern MAIN_CLASS =
            Pattern.compile("[\\p{L}_$][\\p{L}\\p{N}_$]*(?:\\.[\\p{L}_$][\\p{L}\\p{N}_$]*)*");
    private static final FileMode FILE = new FileMode(0644);
    private static final String SNAPSHOT = "SNAPSHOT";

    private final String mainClass;
    private final List<Path> dependencies = new ArrayList<>();
    private final List<Path> resources = new ArrayList<>();
    private final List<Path> classes = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private String program = "java";
    private String directory = "/app";

    private JavaApp(String mainClass) {
        this.mainClass = mainClass;
    }

    /**
     * Begins.
     *
     * @param mainClass for example {@code shop.Main}
     * @return a program without classes
     */
    public static JavaApp of(String mainClass) {
        if (!MAIN_CLASS.matcher(mainClass).matches()) {
            throw new IllegalArgumentException(
                    "main class \"" + mainClass + "\": must be the full name of a class");
        }
        return new JavaApp(mainClass);
    }

    /**
     * Adds dependencies. A file with {@code SNAPSHOT} in its name is a snapshot.
     *
     * @param jars archives, in the order of the class path
     * @return this
     */
    public JavaApp dependencies(List<Path> jars) {
        for (var jar : jars) {
            if (!Files.isRegularFile(jar)) {
                throw new IllegalArgumentException("dependency \"" + jar + "\": is no file");
            }
            dependencies.add(jar.toAbsolutePath());
        }
        return this;
    }

    /**
     * Adds what a build has written: its classes, and as resources whatever is no class.
     *
     * @param output a directory, such as {@code target/classes}
     * @return this
     */
    public JavaApp classes(Path output) {
        classes.add(directory("classes", output));
        return this;
    }

    /**
     * Adds resources.
     *
     * @param tree a directory
     * @return this
     */
    public JavaApp resources(Path tree) {
        resources.add(directory("resources", tree));
        return this;
    }

    private static Path directory(String what, Path path) {
        if (!Files.isDirectory(path)) {
            throw new IllegalArgumentException(what + " \"" + path + "\": is no directory");
        }
        return path.toAbsolutePath();
    }

    /**
     * Adds options for the JVM.
     *
     * @param more for example {@code -Xmx512m}
     * @return this
     */
    public JavaApp options(String... more) {
        options.addAll(List.of(more));
        return this;
    }

    /**
     * Sets what runs the program.
     *
     * @param path a program in the image; {@code java} unless set
     * @return this
     */
    public JavaApp java(String path) {
        if (path.isEmpty()) {
            throw new IllegalArgumentException("java \"\": must be a program");
        }
        program = path;
        return this;
    }

    /**
     * Sets where the program lies.
     *
     * @param path an absolute path in the image; {@code /app} unless set
     * @return this
     */
    public JavaApp directory(String path) {
        directory = ContainerPath.normalize("directory", path);
        if (directory.equals("/")) {
            throw new IllegalArgumentException("directory \"" + path + "\": is the root");
        }
        return this;
    }

    /**
     * Returns the layers.
     *
     * @return those that have files: dependencies, snapshots, resources, classes
     */
    public List<LayerFiles> layers() {
        var libraries = LayerFiles.of("dependencies");
        var snapshots = LayerFiles.of("snapshot dependencies");
        var names = names();
        for (int i = 0; i < dependencies.size(); i++) {
            var jar = dependencies.get(i);
            var layer = isSnapshot(jar) ? snapshots : libraries;
            layer.copy(jar, directory + "/libs/" + names.get(i), FILE);
        }
        var data = LayerFiles.of("resources");
        resources.forEach(tree -> addFiles(data, tree, "/resources/", false, true));
        classes.forEach(tree -> addFiles(data, tree, "/resources/", false, false));
        var code = LayerFiles.of("classes");
        classes.forEach(tree -> addFiles(code, tree, "/classes/", true, false));
        return List.of(libraries, snapshots, data, code).stream()
                .filter(it -> !it.isEmpty())
                .toList();
    }

    private static boolean isSnapshot(Path jar) {
        return String.valueOf(jar.getFileName()).contains(SNAPSHOT);
    }

    private void addFiles(
            LayerFiles layer, Path tree, String to, boolean ofClasses, boolean whatever) {
        try (var files = Files.walk(tree)) {
            for (var file : (Iterable<Path>) files.sorted()::iterator) {
                boolean isClass = file.toString().endsWith(".class");
                if (Files.isRegularFile(file) && (whatever || isClass == ofClasses)) {
                    layer.copy(file, directory + to + tree.relativize(file), FILE);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + tree, e);
        }
    }

    /** What two dependencies would share as their name gets a number. */
    private List<String> names() {
        var names = new ArrayList<String>();
        Set<String> taken = new HashSet<>();
        for (var jar : dependencies) {
            var name = String.valueOf(jar.getFileName());
            var chosen = name;
            int dot = name.lastIndexOf('.');
            for (int number = 2; !taken.add(chosen); number++) {
                chosen =
                        dot < 0
                                ? name + "-" + number
                                : name.substring(0, dot) + "-" + number + name.substring(dot);
            }
            names.add(chosen);
        }
        return names;
    }

    /**
     * Returns how the program is started.
     *
     * @return the JVM, its options, the class path in the order in which it was given, the class
     */
    public List<String> entrypoint() {
        var classPath = new ArrayList<String>();
        classPath.add(directory + "/resources");
        classPath.add(directory + "/classes");
        names().forEach(it -> classPath.add(directory + "/libs/" + it));
        var command = new ArrayList<String>();
        command.add(program);
        command.addAll(options);
        command.add("-cp");
        command.add(String.join(":", classPath));
        command.add(mainClass);
        return List.copyOf(command);
    }
}
