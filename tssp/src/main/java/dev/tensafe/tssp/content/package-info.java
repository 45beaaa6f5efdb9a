/** The contents of a package's parts, streamed and checked. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.content;
