/**
 * Archives to trees and back: layers are unpacked through descriptors into directories that
 * overlayfs stacks, and directories are packed into layers that are the same each time.
 */
package io.pelagos.image.internal.layer;
