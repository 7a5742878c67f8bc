/**
 * Trees of files, reached by descriptors only: copied, compared, removed. No path that somebody
 * else could change is ever walked twice.
 */
package io.pelagos.core.internal.files;
