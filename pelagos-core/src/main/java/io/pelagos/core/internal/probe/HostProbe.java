package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Kernel;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds out what a host supports. */
public final class HostProbe {
    private HostProbe() {}

    /** Asks a kernel and looks at the files of its host; changes nothing. */
    public static List<Finding> probe(Kernel kernel, HostFiles files) {
        var host = new Host(kernel, files);
        return Stream.of(
                        PlatformProbe.find(host),
                        NamespaceProbe.find(host),
                        CgroupProbe.find(host),
                        FileSystemProbe.find(host),
                        DirectoryProbe.find(host),
                        SecurityProbe.find(host),
                        ProcessProbe.find(host),
                        NetworkProbe.find(host),
                        ProgramProbe.find(host))
                .flatMap(List::stream)
                .toList();
    }

    /**
     * Looks for what keeps this process from making user namespaces that are of use.
     *
     * @return what is in the way; empty when nothing is known to be
     */
    public static Optional<Finding> userNamespaces(Kernel kernel, HostFiles files) {
        return NamespaceProbe.find(new Host(kernel, files)).stream()
                .filter(finding -> finding.name().equals(NamespaceProbe.USERNS))
                .filter(finding -> finding.value().equals("no"))
                .findFirst();
    }
}
