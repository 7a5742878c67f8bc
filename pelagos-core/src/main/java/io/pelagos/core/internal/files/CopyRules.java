package io.pelagos.core.internal.files;

import io.pelagos.core.spec.CopySetting;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.spec.Preserve;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What copies look like.
 *
 * @param owner who owns them, unless those of the source are kept; null for whoever makes them
 * @param mode their permissions, or null for those of the source
 * @param preserved what else is kept
 * @param translation turns an owner of the source into one of the target
 */
public record CopyRules(
        @Nullable Owner owner,
        @Nullable FileMode mode,
        Set<Preserve> preserved,
        UnaryOperator<Owner> translation) {
    /** A copy that can stand for the source in every way. */
    public static final CopyRules EXACT =
            new CopyRules(null, null, EnumSet.allOf(Preserve.class), UnaryOperator.identity());

    /**
     * Reads settings.
     *
     * @param owner who owns the copies unless a setting says so
     * @param translation turns the numbers that a setting or the source has into those to use
     * @param settings what was asked for
     */
    public static CopyRules of(
            @Nullable Owner owner, UnaryOperator<Owner> translation, CopySetting... settings) {
        var chosen = owner;
        FileMode mode = null;
        var preserved = EnumSet.noneOf(Preserve.class);
        for (var setting : settings) {
            switch (setting) {
                case Owner other -> chosen = other;
                case FileMode bits -> mode = bits;
                case Preserve kept -> preserved.add(kept);
            }
        }
        return new CopyRules(chosen, mode, preserved, translation);
    }

    /** Returns whom a copy is given to, or nothing when it stays with who makes it. */
    Optional<Owner> ownerOf(FileEntry entry) {
        if (preserved.contains(Preserve.OWNERS)) {
            return Optional.of(translation.apply(new Owner(entry.uid(), entry.gid())));
        }
        return Optional.ofNullable(owner).map(translation);
    }

    /** A directory can be searched by whom it can be read by. */
    int modeOf(FileEntry entry) {
        if (mode != null) {
            int bits = mode.bits();
            return entry.type() == FileEntry.Type.DIRECTORY ? bits | ((bits & 0444) >> 2) : bits;
        }
        return preserved.contains(Preserve.OWNERS)
                ? entry.mode().bits()
                : entry.mode().bits() & 0777;
    }

    boolean keepsXattr(String name) {
        return preserved.contains(Preserve.XATTRS) || name.startsWith("user.");
    }
}
