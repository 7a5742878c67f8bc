/**
 * Images: pulled from registries, kept in a store, and run.
 *
 * <pre>{@code
 * try (var pelagos = Pelagos.open();
 *         var images = Images.open(pelagos)) {
 *     var redis = images.pull("redis:7");
 *     try (var container = pelagos.container(redis).start()) {
 *         ...
 *     }
 * }
 * }</pre>
 */
package io.pelagos.image;
