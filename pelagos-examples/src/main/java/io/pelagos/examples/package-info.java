/** The programs: the command line, the demonstration, and what JShell offers. */
package io.pelagos.examples;
