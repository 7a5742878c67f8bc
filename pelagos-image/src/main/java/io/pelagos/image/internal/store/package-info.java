/**
 * What is on disk about images: documents, compressed layers, and layers that overlayfs can stack.
 * Nothing is visible before it is complete and checked.
 */
package io.pelagos.image.internal.store;
