/**
 * What is on disk about containers: written atomically, locked, and looked at with suspicion.
 *
 * <p>Everything is reached from one descriptor, that of the directory of all containers, by names
 * that are single elements of a path and through no link. A file that is not what Pelagos writes
 * there, by its kind, owner, size or contents, is reported and not followed.
 */
package io.pelagos.core.internal.state;
