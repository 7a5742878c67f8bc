/** Programs as short as what they show. */
package io.pelagos.examples.stories;
