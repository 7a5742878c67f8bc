package io.pelagos.image.spec;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What machine an image is for, see image-index.md of the OCI image specification.
 *
 * @param os for example {@code linux}
 * @param architecture as Go names it: {@code amd64}, {@code arm64}, {@code arm}
 * @param variant for example {@code v7} of {@code arm}, {@code v2} of {@code amd64}; else null
 * @param osVersion for example {@code 10.0.17763.1}; else null
 * @param osFeatures what the operating system must have
 */
public record Platform(
        String os,
        String architecture,
        @Nullable String variant,
        @Nullable String osVersion,
        List<String> osFeatures) {
    private static final Map<String, String> ARCHITECTURES =
            Map.of(
                    "x86_64", "amd64",
                    "x86-64", "amd64",
                    "aarch64", "arm64",
                    "armhf", "arm",
                    "armel", "arm",
                    "i386", "386",
                    "i486", "386",
                    "i586", "386",
                    "i686", "386");

    /** Copies the features. */
    public Platform {
        if (os.isEmpty() || architecture.isEmpty()) {
            throw new IllegalArgumentException(
                    "platform \"" + os + "/" + architecture + "\": os and architecture are needed");
        }
        osFeatures = List.copyOf(osFeatures);
    }

    /**
     * Makes a platform without anything unusual.
     *
     * @param os for example {@code linux}
     * @param architecture for example {@code amd64}
     * @return the platform
     */
    public static Platform of(String os, String architecture) {
        return new Platform(os, architecture, null, null, List.of());
    }

    /**
     * Returns the platform of this JVM.
     *
     * @return {@code linux/amd64} or {@code linux/arm64}, with {@code v8} for the latter
     */
    public static Platform current() {
        return parse("linux/" + System.getProperty("os.arch"));
    }

    /**
     * Reads a platform.
     *
     * @param text {@code os/architecture} or {@code os/architecture/variant}
     * @return the platform, with the usual name of the architecture
     * @throws IllegalArgumentException when it is anything else
     */
    public static Platform parse(String text) {
        var parts = text.toLowerCase(Locale.ROOT).split("/", -1);
        if (parts.length < 2 || parts.length > 3) {
            throw new IllegalArgumentException(
                    "platform \""
                            + text
                            + "\": must be os/architecture or os/architecture/variant");
        }
        for (var part : parts) {
            if (part.isEmpty()) {
                throw new IllegalArgumentException("platform \"" + text + "\": has an empty part");
            }
        }
        return new Platform(parts[0], parts[1], parts.length < 3 ? null : parts[2], null, List.of())
                .normalized();
    }

    /**
     * Returns the platform under the names that indexes use, with the variant that is meant when
     * none is named.
     *
     * @return {@code arm64} has {@code v8}, {@code arm} has {@code v7}, {@code amd64/v1} has none
     */
    public Platform normalized() {
        var usual = ARCHITECTURES.getOrDefault(architecture, architecture);
        var meant =
                switch (usual) {
                    case "arm64" -> variant == null || variant.equals("8") ? "v8" : variant;
                    case "arm" ->
                            variant == null
                                    ? architecture.equals("armel") ? "v6" : "v7"
                                    : variant.startsWith("v") ? variant : "v" + variant;
                    case "amd64" -> "v1".equals(variant) ? null : variant;
                    default -> variant;
                };
        return new Platform(os, usual, meant, osVersion, osFeatures);
    }

    /**
     * Tells how well an image for another platform runs on this one.
     *
     * @param image what the image is for
     * @return 0 if not at all, else the more the better: the same variant, then older ones
     */
    public int suitability(Platform image) {
        var own = normalized();
        var other = image.normalized();
        if (!own.os.equals(other.os) || !own.architecture.equals(other.architecture)) {
            return 0;
        }
        int mine = level(own);
        int theirs = level(other);
        return theirs > mine ? 0 : 1 + theirs;
    }

    /** The number in a variant: what runs on v7 runs on v8, but not the other way round. */
    private static int level(Platform platform) {
        if (platform.variant == null) {
            return 1;
        }
        var digits = platform.variant.substring(1);
        return platform.variant.startsWith("v")
                        && !digits.isEmpty()
                        && digits.length() < 4
                        && digits.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Integer.parseInt(digits)
                : 1;
    }

    /**
     * Returns the platform as commands take it.
     *
     * @return {@code os/architecture} and the variant
     */
    @Override
    public String toString() {
        return os + "/" + architecture + (variant == null ? "" : "/" + variant);
    }
}
