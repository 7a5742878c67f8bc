package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file with credentials in the format of Docker's {@code config.json}, which {@code
 * containers-auth.json(5)} extends by keys for single repositories. Immutable: what changes it
 * returns another one, and {@link #write} replaces the file as a whole.
 */
final class CredentialFile {
    private static final String AUTHS = "auths";
    private static final String HELPERS = "credHelpers";
    private static final String STORE = "credsStore";
    private static final long MOST_BYTES = 16L << 20;

    private final Path path;
    private final ObjectNode content;

    private CredentialFile(Path path, ObjectNode content) {
        this.path = path;
        this.content = content;
    }

    /**
     * Reads a file.
     *
     * @return empty when there is none
     * @throws IOException when it cannot be read or is something else; never with its content
     */
    static Optional<CredentialFile> read(Path path) throws IOException {
        try {
            if (Files.size(path) > MOST_BYTES) {
                throw new IOException(path + ": is larger than " + MOST_BYTES + " bytes");
            }
            var bytes = Files.readAllBytes(path);
            // Some programs make the file before they have something to write.
            var content =
                    new String(bytes, StandardCharsets.UTF_8).isBlank()
                            ? Json.newObject()
                            : Json.object(bytes);
            return Optional.of(new CredentialFile(path, content));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    static CredentialFile empty(Path path) {
        return new CredentialFile(path, Json.newObject());
    }

    Path path() {
        return path;
    }

    /** The helper for one registry. */
    Optional<String> helper(String registry) {
        var helpers = Json.member(content, HELPERS);
        return RegistryNames.variants(registry).stream()
                .flatMap(name -> Json.text(helpers, name).stream())
                .filter(name -> !name.isEmpty())
                .findFirst();
    }

    /** The helper for all registries that have none of their own. */
    Optional<String> store() {
        return Json.text(content, STORE).filter(name -> !name.isEmpty());
    }

    /**
     * Looks for an entry: for the repository, for what it lies in, at last for the registry by any
     * of its names.
     *
     * @param name registry and path, or the registry alone
     */
    Optional<Credentials> find(String name) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        var entries = Json.member(content, AUTHS);
        for (var scope : RegistryNames.scopes(name)) {
            var entry = entries.get(scope);
            if (entry != null) {
                return credentials(entry);
            }
        }
        var registry = RegistryNames.canonical(name);
        for (var entry : entries.properties()) {
            var key = entry.getKey();
            if (isRegistryKey(key) && RegistryNames.canonical(key).equals(registry)) {
                return credentials(entry.getValue());
            }
        }
        return Optional.empty();
    }

    /** A key with a path but no scheme is that of repositories, not of all the registry. */
    private static boolean isRegistryKey(String key) {
        return key.contains("://") || key.indexOf('/') < 0 || key.endsWith("/v1/");
    }

    private static Optional<Credentials> credentials(JsonNode entry) {
        var username = Json.textOrEmpty(entry, "username");
        var password = Json.textOrEmpty(entry, "password");
        var token = Json.textOrEmpty(entry, "identitytoken");
        var encoded = Json.textOrEmpty(entry, "auth");
        if (!encoded.isEmpty()) {
            var decoded = decode(encoded);
            int colon = decoded.indexOf(':');
            if (colon >= 0) {
                username = decoded.substring(0, colon);
                // Docker pads some secrets with zero bytes.
                password = decoded.substring(colon + 1).replaceAll("\0+$", "");
            }
        }
        var found = new Credentials(username, Secret.of(password), Secret.of(token));
        // "{}" is left where a helper has the secret.
        return found.isAnonymous() ? Optional.empty() : Optional.of(found);
    }

    private static String decode(String encoded) {
        try {
            return new String(Base64.getDecoder().decode(encoded.strip()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // Not told why: that would show a piece of it.
            return "";
        }
    }

    /** This file with credentials for a registry. */
    CredentialFile with(String registry, Credentials credentials) {
        var entry = Json.newObject();
        if (!credentials.password().isEmpty()) {
            entry.put("auth", credentials.base64());
        }
        if (!credentials.identityToken().isEmpty()) {
            entry.put("identitytoken", credentials.identityToken().reveal());
        }
        return withEntry(registry, entry);
    }

    /** This file with a mark that a helper has the credentials for a registry. */
    CredentialFile withMark(String registry) {
        return withEntry(registry, Json.newObject());
    }

    private CredentialFile withEntry(String registry, ObjectNode entry) {
        var changed = without(registry).content;
        var entries = Json.member(changed, AUTHS);
        entries.set(RegistryNames.key(registry), entry);
        changed.set(AUTHS, entries);
        return new CredentialFile(path, changed);
    }

    /** This file without credentials for a registry, by whatever name. */
    CredentialFile without(String registry) {
        var changed = content.deepCopy();
        var name = RegistryNames.canonical(registry);
        var entries = Json.member(changed, AUTHS);
        for (var key : entries.properties().stream().map(entry -> entry.getKey()).toList()) {
            if (isRegistryKey(key) && RegistryNames.canonical(key).equals(name)) {
                entries.remove(key);
            }
        }
        if (changed.has(AUTHS)) {
            changed.set(AUTHS, entries);
        }
        return new CredentialFile(path, changed);
    }

    boolean hasEntry(String registry) {
        return !without(registry).content.equals(content);
    }

    /**
     * Replaces the file, readable by its owner alone: a reader sees the old one or the new one.
     * Where the path is a symbolic link, what it leads to is replaced.
     *
     * @throws StoreException when that fails
     */
    void write() {
        try {
            var target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
            var directory = target.getParent();
            if (directory == null) {
                throw new IOException("has no directory");
            }
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            var temporary =
                    Files.createTempFile(
                            directory,
                            ".config",
                            ".tmp",
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            try {
                try (var channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                    var bytes = ByteBuffer.wrap(Json.write(content));
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                    channel.force(true);
                }
                Files.move(
                        temporary,
                        target,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new StoreException("writing credentials to " + path + ": " + e, e);
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
