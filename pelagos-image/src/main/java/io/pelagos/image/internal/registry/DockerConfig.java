package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file with credentials in Docker's format, see docker-login(1) and containers-auth.json(5): for
 * each registry a helper, or a user and a password.
 */
public final class DockerConfig {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final String HUB = "docker.io";
    private static final String LEGACY_HUB = "index.docker.io";

    private final Path file;
    private final ObjectNode content;
    private final CredentialHelper helpers;

    private DockerConfig(Path file, ObjectNode content, CredentialHelper helpers) {
        this.file = file;
        this.content = content;
        this.helpers = helpers;
    }

    /**
     * Reads a file; one that is missing says nothing.
     *
     * @param file the file
     * @param helpers runs helpers
     * @return what it says
     * @throws StoreException when it cannot be read, or is no JSON
     */
    public static DockerConfig read(Path file, CredentialHelper helpers) {
        try {
            var tree = MAPPER.readTree(Files.readString(file));
            if (tree instanceof ObjectNode object) {
                return new DockerConfig(file, object, helpers);
            }
            return new DockerConfig(file, MAPPER.createObjectNode(), helpers);
        } catch (NoSuchFileException _) {
            return new DockerConfig(file, MAPPER.createObjectNode(), helpers);
        } catch (IOException e) {
            throw new StoreException("reading credentials from " + file + ": " + e.getMessage(), e);
        } catch (JacksonException e) {
            // The parser would show what it has read, and that may be a password.
            throw new StoreException(
                    "reading credentials from " + file + ": is not JSON",
                    new IOException("line " + e.getLocation().getLineNr()));
        }
    }

    /**
     * Looks up a registry.
     *
     * @param registry the host, with a port where one is named
     * @param path the repository, for files that know more than registries
     * @return empty when the file says nothing about it
     * @throws RegistryException when a helper fails
     */
    public Optional<Credential> find(String registry, String path) {
        var host = registry.isEmpty() ? "" : normalized(registry);
        if (host.isEmpty()) {
            return Optional.empty();
        }
        var helper = helperFor(host);
        if (helper != null) {
            var found = helpers.get(helper, serverName(host), file);
            if (found.isPresent()) {
                return found;
            }
        }
        return auth(host, path);
    }

    private @Nullable String helperFor(String host) {
        var own = content.path("credHelpers");
        for (var name : names(host)) {
            if (own.path(name).isString()) {
                return own.path(name).stringValue();
            }
        }
        var store = content.path("credsStore");
        return store.isString() && !store.stringValue().isEmpty() ? store.stringValue() : null;
    }

    /** Paths first, the longest before shorter ones; then the host in each of its spellings. */
    private Optional<Credential> auth(String host, String path) {
        var auths = content.path("auths");
        for (var prefix = path; !prefix.isEmpty(); prefix = parent(prefix)) {
            var entry = auths.get(host + "/" + prefix);
            if (entry != null) {
                return credential(entry);
            }
        }
        for (var name : names(host)) {
            var entry = auths.get(name);
            if (entry != null) {
                return credential(entry);
            }
        }
        for (var entry : auths.properties()) {
            if (!entry.getKey().contains("/") || entry.getKey().contains("://")) {
                if (normalized(entry.getKey()).equals(host)) {
                    return credential(entry.getValue());
                }
            }
        }
        return Optional.empty();
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private static List<String> names(String host) {
        return host.equals(HUB)
                ? List.of(HUB, LEGACY_HUB, "https://index.docker.io/v1/")
                : List.of(host, "https://" + host, "https://" + host + "/");
    }

    /** The key under which docker-login(1) keeps a registry. */
    private static String serverName(String host) {
        return host.equals(HUB) ? "https://index.docker.io/v1/" : host;
    }

    private static String normalized(String key) {
        var host = key;
        for (var scheme : List.of("https://", "http://")) {
            if (host.startsWith(scheme)) {
                host = host.substring(scheme.length());
            }
        }
        int slash = host.indexOf('/');
        if (slash >= 0) {
            host = host.substring(0, slash);
        }
        return host.equals(LEGACY_HUB) || host.equals("registry-1.docker.io") ? HUB : host;
    }

    private Optional<Credential> credential(JsonNode entry) {
        var token = text(entry, "identitytoken");
        if (!token.isEmpty()) {
            return Optional.of(Credential.identityToken(token));
        }
        var auth = text(entry, "auth");
        if (!auth.isEmpty()) {
            return decoded(auth);
        }
        var username = text(entry, "username");
        return username.isEmpty()
                ? Optional.empty()
                : Optional.of(Credential.of(username, text(entry, "password")));
    }

    private Optional<Credential> decoded(String auth) {
        try {
            var plain = new String(Base64.getMimeDecoder().decode(auth), StandardCharsets.UTF_8);
            int colon = plain.indexOf(':');
            if (colon >= 0) {
                // Some programs have added NUL bytes to the password.
                var password = plain.substring(colon + 1).replaceAll("\0+$", "");
                return Optional.of(Credential.of(plain.substring(0, colon), password));
            }
        } catch (IllegalArgumentException _) {
            // Said below, without what was read.
        }
        throw new StoreException(
                "reading credentials from " + file + ": an auth is no base64 of user:password",
                new IOException("invalid auth"));
    }

    private static String text(JsonNode entry, String field) {
        var value = entry.path(field);
        return value.isString() ? value.stringValue() : "";
    }

    /**
     * Keeps a credential: by the helper that the file names, else in the file itself, which then
     * only its owner can read.
     *
     * @param registry the host, with a port where one is named
     * @param credential who asks it
     */
    public void store(String registry, Credential credential) {
        var host = normalized(registry);
        var helper = helperFor(host);
        if (helper != null) {
            helpers.store(helper, serverName(host), credential, file);
            return;
        }
        var entry = content.withObject("/auths").putObject(serverName(host));
        if (credential.isIdentityToken()) {
            entry.put("identitytoken", credential.secret().value());
        } else {
            var basic = credential.basic();
            entry.put("auth", basic.substring(basic.indexOf(' ') + 1));
        }
        write();
    }

    /**
     * Forgets a credential.
     *
     * @param registry the host, with a port where one is named
     * @return false when there was none
     */
    public boolean erase(String registry) {
        var host = normalized(registry);
        boolean known = find(registry, "").isPresent();
        var helper = helperFor(host);
        if (helper != null && known) {
            helpers.erase(helper, serverName(host), file);
        }
        if (content.get("auths") instanceof ObjectNode auths) {
            var own =
                    auths.properties().stream()
                            .map(java.util.Map.Entry::getKey)
                            .filter(it -> normalized(it).equals(host))
                            .toList();
            if (!own.isEmpty()) {
                auths.remove(own);
                write();
            }
        }
        return known;
    }

    private void write() {
        try {
            var directory = file.toAbsolutePath().getParent();
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
                            null,
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            Files.writeString(temporary, MAPPER.writeValueAsString(content));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new StoreException("writing credentials to " + file + ": " + e.getMessage(), e);
        }
    }
}
