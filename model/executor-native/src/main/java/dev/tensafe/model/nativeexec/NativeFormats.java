package dev.tensafe.model.nativeexec;

import dev.tensafe.nativelib.decoder.NumberFormat;
import dev.tensafe.nativelib.decoder.ProductOrder;

/**
 * How the numbers of a model are kept.
 *
 * @param weights of projections
 * @param ends of embedding table and output head
 * @param cache of keys and values
 * @param order in which products of bfloat16 are added up
 */
record NativeFormats(
    NumberFormat weights, NumberFormat ends, NumberFormat cache, ProductOrder order) {}
