/** Puts a server together: which implementations, in which order, with which settings. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.assembly;
