/**
 * Reading JSON strictly: every refusal names the document, the path of the field and its value.
 * Lies below all packages that read documents, so that they refuse alike.
 */
package io.pelagos.core.internal.json;
