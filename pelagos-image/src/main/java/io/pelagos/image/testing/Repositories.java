package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What belongs to which repository: its manifests, its tags, and its blobs. */
final class Repositories {
    private final Map<String, Repository> repositories = new TreeMap<>();
    private final Set<Digest> everywhere = new HashSet<>();

    /** One of them. */
    private static final class Repository {
        final Map<Digest, StoredManifest> manifests = new HashMap<>();
        final Map<String, Digest> tags = new TreeMap<>();
        final Set<Digest> blobs = new HashSet<>();
    }

    synchronized List<String> names() {
        return List.copyOf(repositories.keySet());
    }

    synchronized boolean exists(String repository) {
        return repositories.containsKey(repository);
    }

    synchronized List<String> tags(String repository) {
        return List.copyOf(find(repository).tags.keySet());
    }

    synchronized List<StoredManifest> manifests(String repository) {
        return new ArrayList<>(find(repository).manifests.values());
    }

    synchronized Optional<StoredManifest> manifest(String repository, String reference) {
        var found = find(repository);
        var digest =
                Names.isDigest(reference) ? Names.digest(reference) : found.tags.get(reference);
        return Optional.ofNullable(digest == null ? null : found.manifests.get(digest));
    }

    synchronized void put(String repository, String reference, StoredManifest manifest) {
        var made = repositories.computeIfAbsent(repository, _ -> new Repository());
        made.manifests.put(manifest.digest(), manifest);
        if (!Names.isDigest(reference)) {
            made.tags.put(reference, manifest.digest());
        }
    }

    /** Removes a tag, or a manifest and the tags that lead to it. */
    synchronized boolean remove(String repository, String reference) {
        var found = find(repository);
        if (!Names.isDigest(reference)) {
            return found.tags.remove(reference) != null;
        }
        var digest = Names.digest(reference);
        found.tags.values().removeIf(digest::equals);
        return found.manifests.remove(digest) != null;
    }

    synchronized boolean hasBlob(String repository, Digest digest) {
        return everywhere.contains(digest) || find(repository).blobs.contains(digest);
    }

    synchronized void addBlob(String repository, Digest digest) {
        repositories.computeIfAbsent(repository, _ -> new Repository()).blobs.add(digest);
    }

    synchronized void addBlobEverywhere(Digest digest) {
        everywhere.add(digest);
    }

    synchronized boolean removeBlob(String repository, Digest digest) {
        boolean own = find(repository).blobs.remove(digest);
        return everywhere.remove(digest) || own;
    }

    private Repository find(String repository) {
        return repositories.getOrDefault(repository, new Repository());
    }
}
