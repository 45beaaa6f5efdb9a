/** Floating-point elements as tensors store them: decoding and the search for NaN and infinity. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.floats;
