package io.pelagos.core.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process that was made from a plan's image did.
 *
 * @param exitCode how it ended
 * @param output what it wrote to its standard output and standard error
 */
record NativeProcess(int exitCode, String output) {
    /** Runs the image of a plan from a file in a folder, after the words of an emulator if any. */
    static NativeProcess run(Path folder, LaunchPlan plan, String... emulator)
            throws IOException, InterruptedException {
        var file = Files.createTempFile(folder, "plan", ".elf");
        Files.write(file, PlanImage.of(plan));
        if (!file.toFile().setExecutable(true)) {
            throw new IOException("cannot make executable: " + file);
        }
        var command = new ArrayList<>(List.of(emulator));
        command.add(file.toString());
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new NativeProcess(process.waitFor(), output);
    }
}
