package io.pelagos.core.testing;

import io.pelagos.core.Pelagos;

import java.io.File;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The class path of a JVM that runs a main class of the tests. */
public final class TestClasses {
    private TestClasses() {}

    /** Everything the tests of this JVM come from, whether it is on the module path or not. */
    public static String path() {
        Set<String> all = new LinkedHashSet<>();
        for (var property : List.of("java.class.path", "jdk.module.path")) {
            all.add(System.getProperty(property, ""));
        }
        for (var main : List.of(TestClasses.class, Pelagos.class)) {
            all.add(location(main));
        }
        all.remove("");
        return String.join(File.pathSeparator, all);
    }

    private static String location(Class<?> main) {
        var file = main.getName().replace('.', '/') + ".class";
        var url = main.getResource("/" + file);
        if (url == null) {
            throw new AssertionError(file + " is no resource");
        }
        var path = java.nio.file.Path.of(java.net.URI.create(url.toString()));
        return path.toString().substring(0, path.toString().length() - file.length() - 1);
    }
}
