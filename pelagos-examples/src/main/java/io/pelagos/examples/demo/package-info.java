/** The parts of the demonstration. */
package io.pelagos.examples.demo;
