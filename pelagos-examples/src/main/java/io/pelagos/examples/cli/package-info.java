/**
 * The options of the command line: each group of options applies itself to a builder, and each
 * value with a syntax of its own has a parser that refuses what it cannot read.
 */
package io.pelagos.examples.cli;
