/**
 * What a container is to be, as immutable values: equal by content, convertible to JSON, free of
 * any contact with the machine.
 *
 * <p>A value that cannot be right is refused when it is made, with an {@link
 * java.lang.IllegalArgumentException} that names the field and the value. What can only be judged
 * for a whole container is judged when the container is started.
 */
package io.pelagos.core.spec;
