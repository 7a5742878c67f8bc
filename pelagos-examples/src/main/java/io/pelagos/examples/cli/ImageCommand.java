package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.ArchiveFormat;
import io.pelagos.image.Copied;
import io.pelagos.image.CopyOptions;
import io.pelagos.image.Image;
import io.pelagos.image.ImageBuilder;
import io.pelagos.image.ImageOptions;
import io.pelagos.image.Images;
import io.pelagos.image.LoadOptions;
import io.pelagos.image.PruneOptions;
import io.pelagos.image.Verification;
import io.pelagos.image.VerifyOptions;
import io.pelagos.image.spec.Platform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists, names, sends and removes images. */
@Command(
        name = "image",
        sortOptions = false,
        customSynopsis = {
            "pelagos image ls [--format …]",
            "       pelagos image inspect|history|push|rm NAME…",
            "       pelagos image tag NAME NEW",
            "       pelagos image verify [--quick] [--repair] NAME…",
            "       pelagos image prune [--dry-run] [--all] [--build-cache]",
            "       pelagos image tags REPOSITORY…",
            "       pelagos image copy [--platform OS/ARCH] FROM TO",
            "       pelagos image save [--format oci-archive|oci-dir|docker-archive] [-o FILE]"
                    + " NAME…",
            "       pelagos image load [--all-platforms] -i FILE|DIRECTORY [NAME]",
            "       pelagos image import FILE|- [NAME]",
            "       pelagos image commit CONTAINER NAME",
            "       pelagos image index NAME IMAGE…"
        },
        description = "List, name, send and remove images; see also pull.")
final class ImageCommand extends ContainerCommand {
    /** What is done. */
    enum Action {
        /** List all. */
        LS,
        /** Print the configuration of some, as JSON. */
        INSPECT,
        /** Print how some came to be. */
        HISTORY,
        /** Send some to their registries. */
        PUSH,
        /** Give one another name as well. */
        TAG,
        /** Take names away. */
        RM,
        /** Read some again, and compare them with their digests. */
        VERIFY,
        /** Remove layers that no image has. */
        PRUNE,
        /** List what a registry has of some. */
        TAGS,
        /** Copy one from a registry to another. */
        COPY,
        /** Write some as an archive. */
        SAVE,
        /** Read those of an archive. */
        LOAD,
        /** Make one of an archive of files. */
        IMPORT,
        /** Make one of a container. */
        COMMIT,
        /** Give a name to several, of which each machine gets its own. */
        INDEX
    }

    private static final Listing<Image> LISTING =
            new Listing<>(
                    List.of(
                            Column.text("name", "NAME", it -> it.reference().familiar()),
                            Column.text("digest", "DIGEST", it -> it.digest().toString()),
                            Column.text("id", "ID", it -> it.digest().shortHex()),
                            Column.text("platform", "PLATFORM", it -> it.config().platform() + ""),
                            Column.text("layers", "LAYERS", it -> it.layers().size() + "")),
                    List.of("name", "id", "platform", "layers"));

    @Option(
            names = "--format",
            paramLabel = "table|json|KEY,…",
            description =
                    "How ls and history list (default: table); what save writes: oci-archive,"
                            + " oci-dir or docker-archive (default: oci-archive).")
    private String format = "table";

    @Option(
            names = {"-f", "--force"},
            description = "Remove what containers use.")
    private boolean force;

    @Option(names = "--dry-run", description = "Only say what prune would remove.")
    private boolean dryRun;

    @Option(names = "--all", description = "Let prune remove images too that no container uses.")
    private boolean all;

    @Option(
            names = "--build-cache",
            description = "Let prune remove results of build steps too whose layers nobody needs.")
    private boolean buildCache;

    @Option(names = "--repair", description = "Let verify fetch again what is damaged.")
    private boolean repair;

    @Option(
            names = "--quick",
            description = "Do not let verify compare each unpacked file with its layer.")
    private boolean quick;

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "Copy what is for this machine alone (default: all).")
    private @Nullable String platform;

    @Option(
            names = "--all-platforms",
            description =
                    "Let load keep all images of an index, for save and push (default: the one for"
                            + " this machine).")
    private boolean allPlatforms;

    @Option(
            names = "--insecure",
            paramLabel = "HOST[:PORT]",
            description = "Ask this registry without TLS.")
    private List<String> insecure = new ArrayList<>();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Where save writes to (default: standard output).")
    private @Nullable Path output;

    @Option(
            names = {"-i", "--input"},
            paramLabel = "FILE|DIRECTORY",
            description = "What load reads.")
    private @Nullable Path input;

    @Parameters(
            index = "0",
            paramLabel = "ACTION",
            description =
                    "ls, inspect, history, push, tag, rm, verify, prune, tags, copy, save, load,"
                            + " import, commit, index.")
    private Action action = Action.LS;

    @Mixin private ImageChanges changes = new ImageChanges();

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "NAME", description = "Which.")
    private List<String> names = new ArrayList<>();

    ImageCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException, IOException {
        checkNames();
        var options = ImageOptions.usual().withInsecure(Set.copyOf(insecure));
        try (var images = Images.open(pelagos, options)) {
            return act(pelagos, images);
        }
    }

    private void checkNames() {
        if (action == Action.LOAD) {
            if (input == null || names.size() > 1) {
                throw new IllegalArgumentException("load: takes -i FILE and at most one name");
            }
            return;
        }
        if ((action == Action.IMPORT && (names.isEmpty() || names.size() > 2))
                || (action == Action.COMMIT && names.size() != 2)
                || (action == Action.INDEX && names.size() < 2)) {
            throw new IllegalArgumentException(
                    switch (action) {
                        case IMPORT -> "import: takes FILE or -, and at most one name";
                        case COMMIT -> "commit: takes a container and the name of the image";
                        default -> "index: takes a new name and the names of images";
                    });
        }
        boolean wanted = action != Action.LS && action != Action.PRUNE;
        boolean two = action == Action.TAG || action == Action.COPY;
        boolean right = two ? names.size() == 2 : names.isEmpty() != wanted;
        if (!right) {
            throw new IllegalArgumentException(
                    action.name().toLowerCase(Locale.ROOT)
                            + (two
                                    ? ": takes the name of an image and a new one"
                                    : wanted ? ": takes the name of an image" : ": takes no name"));
        }
    }

    private int act(Pelagos pelagos, Images images) throws InterruptedException, IOException {
        switch (action) {
            case LS -> LISTING.print(out(), format, images.list());
            case INSPECT -> {
                var report = new ImageReport(images);
                names.forEach(name -> out().println(Listing.pretty(report.of(images.get(name)))));
            }
            case HISTORY -> {
                var listing = new ImageReport(images).history();
                names.forEach(
                        name ->
                                listing.print(
                                        out(), format, images.get(name).history().reversed()));
            }
            case VERIFY -> {
                return verify(images);
            }
            case PUSH ->
                    names.forEach(
                            name ->
                                    out().println(
                                                    name
                                                            + ": "
                                                            + images.push(name)
                                                            + " layers sent"));
            case TAG ->
                    out().println(images.tag(names.get(0), names.get(1)).reference().familiar());
            case RM -> {
                for (var name : names) {
                    images.remove(name, force);
                    out().println(name);
                }
            }
            case PRUNE -> prune(images);
            case TAGS -> {
                for (var name : names) {
                    images.tags(name).forEach(out()::println);
                }
            }
            case COPY -> copy(pelagos, images);
            case SAVE -> save(images);
            case LOAD -> {
                var name = names.isEmpty() ? null : names.getFirst();
                var how = new LoadOptions(name, allPlatforms);
                for (var image : images.load(Objects.requireNonNull(input), how)) {
                    out().println(image.reference().familiar());
                }
            }
            case IMPORT -> {
                var name = names.size() == 2 ? names.get(1) : ImportCommand.nameOf(names.get(0));
                try (var in = ImportCommand.opened(names.get(0))) {
                    made(images.importRootfs(in), name);
                }
            }
            case COMMIT ->
                    made(images.commit(pelagos.containers().find(names.get(0))), names.get(1));
            case INDEX -> {
                var members = names.stream().skip(1).map(images::get).toArray(Image[]::new);
                out().println(images.index(names.get(0), members).digest());
            }
        }
        return 0;
    }

    /** Returns 1 when something is damaged, and stays so. */
    private int verify(Images images) throws InterruptedException {
        int code = 0;
        for (var name : names) {
            var how = quick ? VerifyOptions.usual().quickly() : VerifyOptions.usual();
            var found = images.verify(images.get(name), how);
            tell(name, found);
            // Files are compared only with a layer that is whole, so some are found when it is.
            for (int round = 0; round < 2 && !found.sound() && repair; round++) {
                found = images.verify(images.repair(found), how);
                tell(name, found);
            }
            out().println(name + ": " + (found.sound() ? "sound" : "damaged"));
            code = found.sound() ? code : 1;
        }
        return code;
    }

    private void tell(String name, Verification found) {
        found.damages().forEach(it -> err().println(name + ": " + it.detail()));
        err().flush();
    }

    private void prune(Images images) {
        var pruned = images.prune(new PruneOptions(dryRun, all, buildCache));
        for (var each : pruned.removed()) {
            out().println(each.name() + "   " + Sizes.shown(each.bytes()));
        }
        out().println(pruned.bytes() + (dryRun ? " bytes would be freed" : " bytes freed"));
    }

    private void copy(Pelagos pelagos, Images images) throws InterruptedException {
        var how = CopyOptions.usual();
        if (platform != null) {
            how = how.forPlatform(Platform.parse(platform));
        }
        Copied copied;
        try (var bars = PullBars.begin(pelagos)) {
            copied = images.copy(names.get(0), names.get(1), how.telling(bars));
        }
        out().println(copied.digest());
    }

    private void made(ImageBuilder builder, String name) throws InterruptedException {
        out().println(changes.applyTo(builder).tag(name).digest());
    }

    private ArchiveFormat archiveFormat() {
        return switch (format) {
            case "table", "oci-archive" -> ArchiveFormat.OCI_ARCHIVE;
            case "oci-dir" -> ArchiveFormat.OCI_DIRECTORY;
            case "docker-archive" -> ArchiveFormat.DOCKER_ARCHIVE;
            default ->
                    throw new IllegalArgumentException(
                            "--format \""
                                    + format
                                    + "\": save writes oci-archive, oci-dir or docker-archive");
        };
    }

    private void save(Images images) {
        if (output == null) {
            images.save(System.out, names, archiveFormat());
            System.out.flush();
        } else {
            images.save(output, names, archiveFormat());
        }
    }
}
