package io.pelagos.image;

import io.pelagos.core.spec.ContainerPath;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.User;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.Platform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes an image from Java, without a Dockerfile: layers on those of another image or on nothing,
 * and how it runs. Made by {@link Images#build}, {@link Images#commit} and {@link
 * Images#importRootfs}; used once.
 *
 * <pre>{@code
 * var shop = images.build(images.ensure("debian:12"))
 *         .layer(LayerFiles.of("the site").copy(Path.of("site"), "/srv/www"))
 *         .env("LANG", "C.UTF-8")
 *         .entrypoint("/usr/bin/serve", "/srv/www")
 *         .tag("shop:1");
 * }</pre>
 *
 * <p>The same input gives the same image, byte for byte: entries are sorted, and times are those of
 * the variable {@code SOURCE_DATE_EPOCH}, or one second after 1970 began.
 */
public final class ImageBuilder {
    private static final Pattern PORT = Pattern.compile("([0-9]{1,5})(?:/(tcp|udp|sctp))?");

    private final Workshop workshop;
    private final @Nullable Image base;
    private final List<Making> layers = new ArrayList<>();
    private final List<ImageConfig.History> history = new ArrayList<>();
    private final Map<String, String> env = new LinkedHashMap<>();
    private final Map<String, String> labels;
    private final TreeSet<String> ports;
    private final TreeSet<String> volumes;
    private List<String> entrypoint;
    private List<String> command;
    private boolean commanded;
    private String user;
    private String workingDir;
    private @Nullable String stopSignal;
    private ImageConfig.@Nullable Healthcheck healthcheck;
    private @Nullable Platform platform;
    private @Nullable Instant created;
    private @Nullable String author;
    private @Nullable String comment;

    /** Makes a layer on those that are there. */
    @FunctionalInterface
    interface Making {
        LayerStore.Made make(Composition below) throws IOException, InterruptedException;
    }

    ImageBuilder(Workshop workshop, @Nullable Image base) {
        this.workshop = workshop;
        this.base = base;
        var config = base == null ? ImageConfig.Execution.NONE : base.config().execution();
        for (var variable : config.env()) {
            int equals = variable.indexOf('=');
            env.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        labels = new TreeMap<>(config.labels());
        ports = new TreeSet<>(config.exposedPorts());
        volumes = new TreeSet<>(config.volumes());
        entrypoint = config.entrypoint();
        command = config.cmd();
        user = config.user();
        workingDir = config.workingDir();
        stopSignal = config.stopSignal();
        healthcheck = config.healthcheck();
    }

    /**
     * Adds a layer.
     *
     * @param files what it adds and takes away; read when the image is made
     * @return this
     */
    public ImageBuilder layer(LayerFiles files) {
        if (files.isEmpty()) {
            throw new IllegalArgumentException("layer \"" + files.createdBy() + "\": has no files");
        }
        return layer(files.createdBy(), null, below -> below.make(files));
    }

    /** Adds a layer that is made in another way. */
    ImageBuilder layer(@Nullable String createdBy, @Nullable String comment, Making making) {
        layers.add(making);
        history.add(new ImageConfig.History(null, createdBy, null, comment, false));
        return this;
    }

    /**
     * Adds a Java program: its layers, and how it is started.
     *
     * @param app the program
     * @return this
     */
    public ImageBuilder app(JavaApp app) {
        app.layers().forEach(this::layer);
        return entrypoint(app.entrypoint().toArray(String[]::new));
    }

    private ImageBuilder said(String what) {
        history.add(new ImageConfig.History(null, what, null, null, true));
        return this;
    }

    private static void checkText(String what, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(what + ": has a NUL character");
        }
    }

    /**
     * Sets a variable of the environment.
     *
     * @param name without {@code =}
     * @param value any text
     * @return this
     */
    public ImageBuilder env(String name, String value) {
        if (name.isEmpty() || name.indexOf('=') >= 0) {
            throw new IllegalArgumentException(
                    "env \"" + name + "\": a name must not be empty or contain =");
        }
        checkText("env " + name, name + value);
        env.put(name, value);
        return said("ENV " + name + "=" + value);
    }

    /**
     * Sets what comes before every command, and forgets the command of the base.
     *
     * @param program the program and its arguments; nothing for none
     * @return this
     */
    public ImageBuilder entrypoint(String... program) {
        entrypoint = words("entrypoint", program);
        if (!commanded) {
            command = List.of();
        }
        return said("ENTRYPOINT " + entrypoint);
    }

    /**
     * Sets what is run, or given to the entrypoint, unless the caller says otherwise.
     *
     * @param words the command; nothing for none
     * @return this
     */
    public ImageBuilder command(String... words) {
        command = words("command", words);
        commanded = true;
        return said("CMD " + command);
    }

    private static List<String> words(String what, String... words) {
        for (var word : words) {
            checkText(what, word);
        }
        if (words.length > 0 && words[0].isEmpty()) {
            throw new IllegalArgumentException(what + " " + List.of(words) + ": names no program");
        }
        return List.of(words);
    }

    /**
     * Sets who it runs as.
     *
     * @param who {@code user} or {@code user:group}, each a name or a number
     * @return this
     */
    public ImageBuilder user(String who) {
        user = User.parse(who).toString();
        return said("USER " + user);
    }

    /**
     * Sets where it runs.
     *
     * @param directory an absolute path
     * @return this
     */
    public ImageBuilder workingDir(String directory) {
        workingDir = ContainerPath.normalize("workingDir", directory);
        return said("WORKDIR " + workingDir);
    }

    /**
     * Adds a label, or changes it.
     *
     * @param name not empty
     * @param value any text
     * @return this
     */
    public ImageBuilder label(String name, String value) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("label \"\": a name must not be empty");
        }
        labels.put(name, value);
        return said("LABEL " + name + "=" + value);
    }

    /**
     * Names a port that it listens at.
     *
     * @param port for example {@code 80} or {@code 53/udp}
     * @return this
     */
    public ImageBuilder expose(String port) {
        var match = PORT.matcher(port);
        if (!match.matches()
                || Integer.parseInt(match.group(1)) > 65535
                || Integer.parseInt(match.group(1)) == 0) {
            throw new IllegalArgumentException(
                    "expose \"" + port + "\": must be 1 to 65535, and /tcp, /udp or /sctp");
        }
        var protocol = match.group(2) == null ? "tcp" : match.group(2);
        ports.add(Integer.parseInt(match.group(1)) + "/" + protocol);
        return said("EXPOSE " + port);
    }

    /**
     * Names a directory whose contents outlive the container.
     *
     * @param directory an absolute path
     * @return this
     */
    public ImageBuilder volume(String directory) {
        var path = ContainerPath.normalize("volume", directory);
        volumes.add(path);
        return said("VOLUME " + path);
    }

    /**
     * Sets what it is asked to end with.
     *
     * @param signal the signal
     * @return this
     */
    public ImageBuilder stopSignal(Signal signal) {
        stopSignal = signal.name();
        return said("STOPSIGNAL " + signal.name());
    }

    /**
     * Sets how one knows that it works.
     *
     * @param check a check that runs a program: others cannot be said in an image
     * @return this
     */
    public ImageBuilder healthCheck(HealthCheck check) {
        healthcheck = ImageConfig.Healthcheck.of(check);
        return said("HEALTHCHECK " + healthcheck.test());
    }

    /**
     * Sets what machine it is for.
     *
     * @param other that of the base, or of this JVM, unless set
     * @return this
     */
    public ImageBuilder platform(Platform other) {
        platform = other;
        return this;
    }

    /**
     * Sets when it was made.
     *
     * @param time instead of the time that {@code SOURCE_DATE_EPOCH} says, or the fixed one
     * @return this
     */
    public ImageBuilder created(Instant time) {
        created = time;
        return this;
    }

    /**
     * Sets who has made it.
     *
     * @param who any text
     * @return this
     */
    public ImageBuilder author(String who) {
        checkText("author", who);
        author = who;
        return this;
    }

    /**
     * Adds a remark to the history of the layers that are added.
     *
     * @param text any text
     * @return this
     */
    public ImageBuilder comment(String text) {
        checkText("comment", text);
        comment = text;
        return this;
    }

    /**
     * Makes the image and gives it a name, which is taken from another image that has it. When that
     * fails, no image is there that was not there before; layers that were complete stay until
     * {@link Images#prune}.
     *
     * @param name for example {@code shop:1}
     * @return the image
     * @throws IllegalArgumentException when the name is none, there is no layer at all, or the path
     *     of a file leads through what is no directory; nothing is stored under the name
     * @throws ImageException when it cannot be stored
     * @throws UncheckedIOException when something that goes into it cannot be read
     * @throws InterruptedException when this thread is interrupted
     */
    public Image tag(String name) throws InterruptedException {
        var reference = workshop.names().apply(name);
        if (reference.digest().isPresent()) {
            throw new IllegalArgumentException(
                    "tag \"" + name + "\": the digest of an image is not for the caller to choose");
        }
        if (base == null && layers.isEmpty()) {
            throw new IllegalArgumentException("tag \"" + name + "\": an image needs a layer");
        }
        try {
            return make(reference);
        } catch (IOException e) {
            throw new UncheckedIOException("making the image " + reference.familiar(), e);
        }
    }

    private Image make(ImageReference reference) throws IOException, InterruptedException {
        var composition = new Composition(workshop, base);
        for (var layer : layers) {
            composition.add(layer.make(composition));
        }
        var time = created == null ? composition.time() : created;
        for (var step : history) {
            composition.record(
                    new ImageConfig.History(
                            time,
                            step.createdBy(),
                            author,
                            step.emptyLayer() || comment == null ? step.comment() : comment,
                            step.emptyLayer()));
        }
        return composition.store(
                reference,
                platform == null ? composition.platform() : platform,
                time,
                author,
                execution());
    }

    private ImageConfig.Execution execution() {
        var shell = base == null ? List.<String>of() : base.config().execution().shell();
        return new ImageConfig.Execution(
                user,
                List.copyOf(ports),
                env.entrySet().stream().map(it -> it.getKey() + "=" + it.getValue()).toList(),
                entrypoint,
                command,
                List.copyOf(volumes),
                workingDir,
                labels,
                stopSignal,
                shell,
                healthcheck);
    }
}
