package io.pelagos.core.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Landlock rules in a real kernel, for its own ABI and for every older one. */
@ExtendWith(LeakCheck.class)
class LandlockRulesIT {
    private static final String SOURCE =
            """
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <stdint.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/prctl.h>
            #include <sys/syscall.h>
            #include <unistd.h>

            static char buffer[64];

            static size_t content(const char *path) {
                int fd = open(path, O_RDONLY);
                ssize_t size = read(fd, buffer, sizeof buffer);
                close(fd);
                return size < 0 ? 0 : size;
            }

            int main(int argc, char **argv) {
                if (argc == 1) {
                    printf("%ld\\n", syscall(444, NULL, 0, 1));
                    return 0;
                }
                size_t size = content(argv[1]);
                int rules = syscall(444, buffer, size, 0);
                if (rules < 0) { perror("landlock_create_ruleset"); return 3; }
                int i = 3;
                for (; strcmp(argv[i], "--") != 0; i += 2) {
                    int32_t path = -1;
                    content(argv[i + 1]);
                    if (strcmp(argv[i], "port") != 0) {
                        path = open(argv[i], O_PATH | O_CLOEXEC);
                        if (path < 0) { perror(argv[i]); return 4; }
                        memcpy(buffer + 8, &path, 4);
                    }
                    if (syscall(445, rules, path < 0 ? 2 : 1, buffer, 0) != 0) {
                        perror("landlock_add_rule");
                        return 5;
                    }
                }
                if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                        || syscall(446, rules, atoi(argv[2])) != 0) {
                    perror("landlock_restrict_self");
                    return 6;
                }
                execv(argv[i + 1], argv + i + 1);
                perror(argv[i + 1]);
                return 7;
            }
            """;

    @TempDir private static Path folder;
    private static CProgram restricted;
    private static int abi;

    @BeforeAll
    static void findTheAbi() throws Exception {
        restricted = CProgram.compile(folder, SOURCE);
        abi = Integer.parseInt(restricted.run(List.of()).lines().getFirst());
        assumeTrue(abi > 0, "this kernel has no Landlock");
    }

    @Test
    void whatNoRuleNamesIsForbidden() throws Exception {
        var data = Files.createDirectories(folder.resolve("data"));
        var rules = programs().readWrite(data.toString());

        assertThat(sh(rules, abi, "echo kept > %1$s/file && cat %1$s/file".formatted(data)))
                .isEqualTo(new CProgram.Result(0, List.of("kept")));
        assertThat(sh(rules, abi, "cat /etc/passwd"))
                .isEqualTo(new CProgram.Result(1, List.of("cat: /etc/passwd: Permission denied")));
        assertThat(sh(rules, abi, "touch /usr/pelagos-test").status()).isEqualTo(1);
    }

    @Test
    void aRuleCanNameASingleFile() throws Exception {
        var named = Files.writeString(folder.resolve("named"), "this\n");
        var other = Files.writeString(folder.resolve("other"), "that\n");
        var rules = programs().readWrite(named.toString());

        assertThat(sh(rules, abi, "cat " + named))
                .isEqualTo(new CProgram.Result(0, List.of("this")));
        assertThat(sh(rules, abi, "cat " + other).status()).isEqualTo(1);
    }

    @Test
    void aProgramThatMayNotBeExecutedIsNot() throws Exception {
        var rules =
                LandlockRules.none().allow("/", LandlockAccess.READ_FILE, LandlockAccess.READ_DIR);

        assertThat(sh(rules, abi, "true"))
                .isEqualTo(new CProgram.Result(7, List.of("/bin/sh: Permission denied")));
    }

    @Test
    void everyOlderAbiGetsRulesThatTheKernelTakes() throws Exception {
        var everything =
                programs()
                        .readWrite("/tmp")
                        .readWrite(Files.writeString(folder.resolve("file"), "").toString())
                        .bindTcp(8080, 0)
                        .connectTcp(443)
                        .scope(LandlockScope.values())
                        .log(LandlockLog.SUBDOMAINS_OFF);
        for (int version = 1; version <= Math.min(abi, 7); version++) {
            assertThat(sh(everything, version, "echo fine"))
                    .as("ABI %d", version)
                    .isEqualTo(new CProgram.Result(0, List.of("fine")));
        }
    }

    private static LandlockRules programs() {
        var rules = LandlockRules.none().readWrite("/dev/null");
        for (var path : List.of("/usr", "/bin", "/lib", "/lib64")) {
            if (Files.exists(Path.of(path))) {
                rules = rules.readOnly(path);
            }
        }
        return rules;
    }

    private static CProgram.Result sh(LandlockRules rules, int version, String script)
            throws IOException, InterruptedException {
        var arguments = new ArrayList<String>();
        arguments.add(write("ruleset", rules.rulesetAttr(version)));
        arguments.add(String.valueOf(rules.restrictFlags(version)));
        for (var rule : rules.paths()) {
            long mask = rule.mask(version, Files.isDirectory(Path.of(rule.path())));
            arguments.add(rule.path());
            arguments.add(
                    write("rule" + arguments.size(), LandlockRules.pathBeneathAttr(mask, -1)));
        }
        for (var rule : rules.ports(version)) {
            arguments.add("port");
            arguments.add(write("rule" + arguments.size(), rule.attr()));
        }
        arguments.addAll(List.of("--", "/bin/sh", "-c", script));
        return restricted.run(arguments);
    }

    private static String write(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes).toString();
    }
}
