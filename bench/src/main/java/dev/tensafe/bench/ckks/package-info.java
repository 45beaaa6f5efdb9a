/** Measurements of encrypted inner products. */
@NullMarked
package dev.tensafe.bench.ckks;

import org.jspecify.annotations.NullMarked;
