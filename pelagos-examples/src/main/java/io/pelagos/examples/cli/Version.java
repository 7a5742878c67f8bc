package io.pelagos.examples.cli;

import picocli.CommandLine.IVersionProvider;

/** Says which version this is. */
final class Version implements IVersionProvider {
    Version() {}

    @Override
    public String[] getVersion() {
        var descriptor = Version.class.getModule().getDescriptor();
        var version =
                descriptor == null
                        ? "(not a module)"
                        : descriptor.rawVersion().orElse("(no version)");
        return new String[] {"pelagos " + version, "JDK " + Runtime.version()};
    }
}
