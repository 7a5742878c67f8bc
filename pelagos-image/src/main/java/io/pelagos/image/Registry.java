package io.pelagos.image;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.internal.registry.Referrer;
import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.registry.Repository;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageDocument;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.RegistryException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * A registry, as the <a
 * href="https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md">distribution
 * specification</a> has it: what it lists, its documents, and what is deleted of them. {@link
 * Images#registry} gives one; it speaks with the credentials, mirrors and limits of its {@link
 * Images}, and ends with them.
 *
 * <p>Every call blocks; an interrupt ends it with a {@link RegistryException}, and the flag of the
 * thread stays set. What a registry does not answer is a {@link RegistryException} that says what
 * was asked and what came. Safe for use by many threads.
 */
public final class Registry {
    private final RegistryClient client;
    private final String name;

    Registry(RegistryClient client, String name) {
        this.client = client;
        // A name that is none is refused here, and not in the middle of something.
        this.name = ImageReference.parse(name + "/x").domain();
        if (name.contains("/") || !this.name.equals(name)) {
            throw new IllegalArgumentException(
                    "registry \"" + name + "\": must be a host, with a port where needed");
        }
    }

    /**
     * A manifest or an index, whose digest was verified.
     *
     * @param digest its digest
     * @param mediaType what it is, as the registry and it itself say
     * @param content its bytes, at most 4 MiB
     * @param document the same, read
     */
    public record Manifest(
            Digest digest, String mediaType, Bytes content, ImageDocument document) {}

    /**
     * Returns what it is called.
     *
     * @return its host, with its port where that is not the usual one
     */
    public String name() {
        return name;
    }

    /**
     * Asks whether it answers, and whether the credentials for it are right.
     *
     * @throws RegistryException when it does not, or they are not
     */
    public void ping() {
        client.ping(name);
    }

    /**
     * Lists the repositories, as far as it tells them.
     *
     * @return their paths, for example {@code library/redis}
     * @throws RegistryException when it does not tell them
     */
    public List<String> catalog() {
        return client.catalog(name);
    }

    /**
     * Lists the tags of a repository.
     *
     * @param repository its path, for example {@code library/redis}
     * @return the tags, in its order
     * @throws ImageNotFoundException when there is no such repository
     */
    public List<String> tags(String repository) {
        return client.tags(repository(repository));
    }

    private Repository repository(String path) {
        return Repository.of(reference(path, ""));
    }

    /** With a tag, a digest, or the tag {@code latest}. */
    private ImageReference reference(String path, String tagOrDigest) {
        if (path.contains(":") || path.contains("@")) {
            throw new IllegalArgumentException(
                    "repository \"" + path + "\": must be a path without a tag or a digest");
        }
        var mark = tagOrDigest.isEmpty() ? "" : tagOrDigest.contains(":") ? "@" : ":";
        return ImageReference.parse(name + "/" + path + mark + tagOrDigest).exact();
    }

    /**
     * Asks what a tag leads to, without fetching it.
     *
     * @param repository its path
     * @param tag the tag
     * @return the digest of a manifest or an index
     * @throws ImageNotFoundException when there is none
     */
    public Digest resolve(String repository, String tag) {
        return client.resolve(reference(repository, tag)).digest();
    }

    /**
     * Fetches a manifest or an index: of an image, or of another artifact.
     *
     * @param repository its path
     * @param tagOrDigest what it goes by
     * @return the document
     * @throws ImageNotFoundException when there is none
     * @throws BadContentException when it is larger than 4 MiB, of another digest, or breaks the
     *     specification
     */
    public Manifest manifest(String repository, String tagOrDigest) {
        var found = client.manifest(reference(repository, tagOrDigest));
        var document = ImageDocument.parse(found.content().toArray(), found.contentType());
        return new Manifest(found.digest(), document.mediaType(), found.content(), document);
    }

    /**
     * Fetches a blob: a configuration, a layer, or a part of another artifact.
     *
     * @param repository the path of the repository
     * @param blob what a manifest says of it
     * @return its bytes, to be closed; reading throws {@link BadContentException} before the end
     *     when they are fewer, more or others
     */
    public InputStream blob(String repository, Descriptor blob) {
        return client.blob(repository(repository), blob.verifiable(), blob.size());
    }

    /**
     * Lists what refers to a manifest, such as signatures and lists of parts; where the registry
     * has no such list, from the tag that stands for it.
     *
     * @param repository the path of the repository
     * @param digest of the manifest
     * @return what refers to it, with what it is and what its author says of it
     */
    public List<Descriptor> referrers(String repository, Digest digest) {
        return referrers(repository, digest, Optional.empty());
    }

    /**
     * Lists what refers to a manifest and is of one type.
     *
     * @param repository the path of the repository
     * @param digest of the manifest
     * @param artifactType for example {@code application/vnd.cncf.notary.signature}
     * @return what refers to it
     */
    public List<Descriptor> referrers(String repository, Digest digest, String artifactType) {
        return referrers(repository, digest, Optional.of(artifactType));
    }

    private List<Descriptor> referrers(
            String repository, Digest digest, Optional<String> artifactType) {
        return client.referrers(repository(repository), digest, artifactType).stream()
                .map(Registry::descriptor)
                .toList();
    }

    private static Descriptor descriptor(Referrer referrer) {
        return new Descriptor(
                referrer.mediaType(),
                referrer.digest().toString(),
                referrer.size(),
                List.of(),
                referrer.annotations(),
                null,
                referrer.artifactType().isEmpty() ? null : referrer.artifactType(),
                null);
    }

    /**
     * Deletes a manifest or an index by its digest, with all its tags; or a tag, which not every
     * registry can. What it consists of goes when the registry next collects what nobody needs.
     *
     * @param repository its path
     * @param tagOrDigest what it goes by
     * @throws ImageNotFoundException when there is none
     * @throws RegistryException when it deletes nothing
     */
    public void delete(String repository, String tagOrDigest) {
        var reference = reference(repository, tagOrDigest);
        client.deleteManifest(Repository.of(reference), reference.manifestName());
    }

    /**
     * Returns the registry for messages.
     *
     * @return its name
     */
    @Override
    public String toString() {
        return name;
    }
}
