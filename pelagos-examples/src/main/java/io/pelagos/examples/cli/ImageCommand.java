package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.ArchiveFormat;
import io.pelagos.image.Image;
import io.pelagos.image.ImageBuilder;
import io.pelagos.image.ImageOptions;
import io.pelagos.image.Images;
import io.pelagos.image.spec.ImageConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
            "       pelagos image prune",
            "       pelagos image save [--format oci-archive|oci-dir|docker-archive] [-o FILE]"
                    + " NAME…",
            "       pelagos image load -i FILE|DIRECTORY [NAME]",
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
        /** Remove layers that no image has. */
        PRUNE,
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

    private static final Listing<ImageConfig.History> HISTORY =
            new Listing<>(
                    List.of(
                            Column.text("created", "CREATED", it -> shown(it.created())),
                            Column.text("created_by", "CREATED BY", it -> shown(it.createdBy())),
                            Column.text("layer", "LAYER", it -> it.emptyLayer() ? "no" : "yes"),
                            Column.text("comment", "COMMENT", it -> shown(it.comment()))),
                    List.of("created", "layer", "created_by"));

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
                    "ls, inspect, history, push, tag, rm, prune, save, load, import, commit,"
                            + " index.")
    private Action action = Action.LS;

    @Mixin private ImageChanges changes = new ImageChanges();

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "NAME", description = "Which.")
    private List<String> names = new ArrayList<>();

    ImageCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private static String shown(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException, IOException {
        checkNames();
        var options = ImageOptions.usual().withInsecure(Set.copyOf(insecure));
        try (var images = Images.open(pelagos, options)) {
            act(pelagos, images);
        }
        return 0;
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
        boolean right = action == Action.TAG ? names.size() == 2 : names.isEmpty() != wanted;
        if (!right) {
            throw new IllegalArgumentException(
                    action.name().toLowerCase(Locale.ROOT)
                            + (action == Action.TAG
                                    ? ": takes the name of an image and a new one"
                                    : wanted ? ": takes the name of an image" : ": takes no name"));
        }
    }

    private void act(Pelagos pelagos, Images images) throws InterruptedException, IOException {
        switch (action) {
            case LS -> LISTING.print(out(), format, images.list());
            case INSPECT -> {
                for (var name : names) {
                    var json = images.get(name).config().toJson();
                    out().println(new String(json, StandardCharsets.UTF_8));
                }
            }
            case HISTORY ->
                    names.forEach(
                            name ->
                                    HISTORY.print(
                                            out(),
                                            format,
                                            images.get(name).config().history().reversed()));
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
            case PRUNE -> out().println(images.prune() + " bytes");
            case SAVE -> save(images);
            case LOAD -> {
                var name = names.isEmpty() ? null : names.getFirst();
                for (var image : images.load(Objects.requireNonNull(input), name)) {
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
