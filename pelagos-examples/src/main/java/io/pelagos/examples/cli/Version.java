package io.pelagos.examples.cli;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** Says which version this is. */
final class Version implements IVersionProvider {
    Version() {}

    @Override
    public String[] getVersion() throws URISyntaxException {
        var version = descriptor().flatMap(ModuleDescriptor::rawVersion).orElse("(no version)");
        return new String[] {"pelagos " + version, "JDK " + Runtime.version()};
    }

    /** On the class path the module is only a file that describes it. */
    private static Optional<ModuleDescriptor> descriptor() throws URISyntaxException {
        var loaded = Version.class.getModule().getDescriptor();
        if (loaded != null) {
            return Optional.of(loaded);
        }
        var source = Version.class.getProtectionDomain().getCodeSource();
        return source == null
                ? Optional.empty()
                : ModuleFinder.of(Path.of(source.getLocation().toURI())).findAll().stream()
                        .findFirst()
                        .map(ModuleReference::descriptor);
    }
}
