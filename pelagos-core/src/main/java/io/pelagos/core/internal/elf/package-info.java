/**
 * The program that carries out a launch plan, as bytes of an ELF file: an interpreter of a few
 * dozen machine instructions for each architecture, and the file around it.
 *
 * <p>This package knows numbers and bytes only. What a step means is said by {@code
 * io.pelagos.core.kernel.LaunchPlan}.
 */
package io.pelagos.core.internal.elf;
