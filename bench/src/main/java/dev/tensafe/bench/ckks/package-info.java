/** What encrypted inner products cost. */
@NullMarked
package dev.tensafe.bench.ckks;

import org.jspecify.annotations.NullMarked;
