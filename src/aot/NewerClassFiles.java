import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;

/**
 * Copies a jar and brings its class files of Java 5 into the form of Java 8: the JVM keeps no such
 * class in an AOT cache, nor any that refers to one. The original is on the class path of this
 * program, because the frames that newer class files have are made with a look at super classes.
 *
 * <pre>{@code java -cp OLD.jar NewerClassFiles.java OLD.jar NEW.jar}</pre>
 */
final class NewerClassFiles {
    private static final int OLD = ClassFile.JAVA_5_VERSION;

    private NewerClassFiles() {}

    public static void main(String[] args) throws IOException {
        try (var from = new JarFile(args[0]);
                var to = new JarOutputStream(Files.newOutputStream(Path.of(args[1])))) {
            for (var entry : from.stream().toList()) {
                byte[] bytes;
                try (var in = from.getInputStream(entry)) {
                    bytes = in.readAllBytes();
                }
                to.putNextEntry(new ZipEntry(entry.getName()));
                to.write(entry.getName().endsWith(".class") ? newer(bytes) : bytes);
                to.closeEntry();
            }
        }
    }

    private static byte[] newer(byte[] bytes) {
        var file = ClassFile.of(ClassFile.StackMapsOption.GENERATE_STACK_MAPS);
        var parsed = file.parse(bytes);
        if (parsed.majorVersion() > OLD) {
            return bytes;
        }
        return file.build(
                parsed.thisClass().asSymbol(),
                builder -> {
                    parsed.forEach(
                            element -> {
                                if (!(element instanceof ClassFileVersion)) {
                                    builder.with(element);
                                }
                            });
                    builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
                });
    }
}
