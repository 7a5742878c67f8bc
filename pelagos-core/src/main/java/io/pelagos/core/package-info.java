/**
 * What acts: opening Pelagos, building and running containers, and asking what the host supports.
 */
package io.pelagos.core;
