/** Signed, encrypted adapter packages; the format is specified in docs/TSSP.md. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp;
