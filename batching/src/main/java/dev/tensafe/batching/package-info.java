/** Errors shared by the parts of the engine. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching;
