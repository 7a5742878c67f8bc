/**
 * Files reached by descriptors only: looked at, made, removed, and seen through the layers of an
 * image. No path that somebody else could change is ever walked twice.
 */
package io.pelagos.core.files;
