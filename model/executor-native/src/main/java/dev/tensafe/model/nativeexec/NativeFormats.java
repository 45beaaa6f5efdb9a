package dev.tensafe.model.nativeexec;

import dev.tensafe.nativelib.decoder.NumberFormat;

/**
 * How the numbers of a model are kept.
 *
 * @param weights of projections
 * @param ends of embedding table and output head
 * @param cache of keys and values
 */
record NativeFormats(NumberFormat weights, NumberFormat ends, NumberFormat cache) {}
