/**
 * Measurements of Pelagos beside its peers, as ratios within one run.
 *
 * <p>This is a class path and no module: JMH is none, generates classes into this package, and
 * starts JVMs of its own from the class path. Core is a module here too, as its users have it.
 */
@NullMarked
package io.pelagos.bench;

import org.jspecify.annotations.NullMarked;
