/** From a reference to layers on disk. */
package io.pelagos.image.internal.pull;
