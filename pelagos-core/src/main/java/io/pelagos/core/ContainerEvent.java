package io.pelagos.core;

/**
 * Something that happened to a detached container.
 *
 * @param kind what happened
 * @param container what is known about it; for {@link Kind#REMOVED} what was known last
 */
public record ContainerEvent(Kind kind, ContainerInfo container) {
    /** What can happen. */
    public enum Kind {
        /** It was made. */
        CREATED,
        /** It was started, for the first time or again. */
        STARTED,
        /** It has ended, for whatever reason. */
        DIED,
        /** It has ended because it used more memory than it may; comes after {@link #DIED}. */
        OOM,
        /** It has ended because somebody stopped it; comes after {@link #DIED}. */
        STOPPED,
        /** Its health check says something else than before. */
        HEALTH,
        /** It has another name. */
        RENAMED,
        /** It was removed. */
        REMOVED
    }
}
