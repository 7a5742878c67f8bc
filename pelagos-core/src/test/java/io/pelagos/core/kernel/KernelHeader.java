package io.pelagos.core.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/** The numbers that a C header of this machine defines. */
final class KernelHeader {
    private static final Pattern DEFINE =
            Pattern.compile("(?m)^#\\s*define\\s+(\\w+)\\s+(\\w+)(?:\\s|$)");

    private KernelHeader() {}

    /** Reads the definitions, or skips the test when the header is absent. */
    static Map<String, String> definitions(String file) throws IOException {
        var path = Path.of(file);
        Assumptions.assumeTrue(
                Files.isReadable(path), () -> file + " is absent: install linux-libc-dev");
        var definitions = new HashMap<String, String>();
        var matcher = DEFINE.matcher(Files.readString(path));
        while (matcher.find()) {
            definitions.putIfAbsent(matcher.group(1), matcher.group(2));
        }
        return definitions;
    }
}
