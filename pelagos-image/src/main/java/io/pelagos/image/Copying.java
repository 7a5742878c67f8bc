package io.pelagos.image;

import io.pelagos.image.internal.pull.Resolved;
import io.pelagos.image.internal.registry.Document;
import io.pelagos.image.internal.registry.Push;
import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.registry.Repository;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageDocument;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies one image from one repository to another. Documents go as the bytes that they are, so
 * every digest stays; blobs are passed on as they come, and nothing is stored here. What an index
 * lists arrives before the index, and blobs before their manifest: whatever ends the copy, the name
 * leads to something whole or to what it led to before.
 */
final class Copying {
    private static final int DEPTH = 8;

    private final RegistryClient client;
    private final ImageReference from;
    private final ImageReference to;
    private final CopyOptions how;
    private final int parallel;
    private final Push mounting;
    private final AtomicInteger manifests = new AtomicInteger();
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger mounted = new AtomicInteger();
    private final AtomicInteger present = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    Copying(
            RegistryClient client,
            ImageReference from,
            ImageReference to,
            CopyOptions how,
            int parallel) {
        this.client = client;
        this.from = from;
        this.to = to;
        this.how = how;
        this.parallel = parallel;
        boolean oneRegistry = from.domain().equals(to.domain()) && !from.path().equals(to.path());
        mounting = oneRegistry ? new Push(List.of(from.path()), 0) : Push.WHOLE;
    }

    Copied run() throws InterruptedException {
        var document = Parallel.interruptibly(this::chosen);
        if (to.digest().isPresent() && !to.digest().get().equals(document.digest())) {
            throw new IllegalArgumentException(
                    "copying "
                            + from
                            + " to "
                            + to
                            + ": what is copied has the digest "
                            + document.digest());
        }
        copy(document, to.manifestName(), 0);
        return new Copied(
                document.digest(),
                manifests.get(),
                sent.get(),
                mounted.get(),
                present.get(),
                bytes.get());
    }

    /** What the name leads to, or what is there for one platform. */
    private Document chosen() {
        var platform = how.platform();
        if (platform == null) {
            return client.manifest(from);
        }
        var manifest = Resolved.of(client, from, platform).rawManifest();
        return client.manifest(from.withDigest(Digest.of(manifest.toArray())));
    }

    private void copy(Document document, String name, int depth) throws InterruptedException {
        var parsed = ImageDocument.parse(document.content().toArray(), document.contentType());
        switch (parsed) {
            case ImageManifest manifest -> {
                copyBlobs(manifest);
                manifests.incrementAndGet();
            }
            case ImageIndex index -> {
                if (depth == DEPTH) {
                    throw new BadContentException(
                            from + ": more than " + DEPTH + " indexes within each other");
                }
                for (var member : index.manifests()) {
                    var digest = member.verifiable();
                    var inner =
                            Parallel.interruptibly(() -> client.manifest(from.withDigest(digest)));
                    copy(inner, digest.toString(), depth + 1);
                }
            }
        }
        Parallel.interruptibly(
                () ->
                        client.pushManifest(
                                Repository.of(to),
                                name,
                                parsed.mediaType(),
                                document.content().toArray()));
    }

    private void copyBlobs(ImageManifest manifest) throws InterruptedException {
        var blobs = new LinkedHashMap<Digest, Descriptor>();
        var all = new ArrayList<>(manifest.layers());
        all.add(manifest.config());
        for (var blob : all) {
            // What may not be passed on lies where its document says, for whoever gets the copy.
            if (!MediaType.isForeign(blob.mediaType())) {
                blobs.put(blob.verifiable(), blob);
            }
        }
        var work = new ArrayList<Callable<Push.Outcome>>();
        blobs.forEach(
                (digest, blob) -> {
                    tell(digest, PullListener.Phase.WAITING, blob.size());
                    work.add(() -> copy(digest, blob.size()));
                });
        Parallel.all(parallel, work);
    }

    private Push.Outcome copy(Digest digest, long size) {
        var outcome =
                client.pushBlob(
                        Repository.of(to),
                        digest,
                        size,
                        () -> client.blob(Repository.of(from), digest, size),
                        mounting);
        switch (outcome) {
            case EXISTED -> present.incrementAndGet();
            case MOUNTED -> mounted.incrementAndGet();
            case UPLOADED -> {
                sent.incrementAndGet();
                bytes.addAndGet(size);
            }
        }
        tell(
                digest,
                outcome == Push.Outcome.UPLOADED
                        ? PullListener.Phase.DONE
                        : PullListener.Phase.PRESENT,
                size);
        return outcome;
    }

    private void tell(Digest digest, PullListener.Phase phase, long size) {
        how.listener()
                .onProgress(
                        new PullListener.Progress(
                                digest, phase, phase == PullListener.Phase.DONE ? size : 0, size));
    }
}
