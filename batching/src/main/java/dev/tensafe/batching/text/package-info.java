/** From tokens to text while it streams: incremental decoding and stop strings. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.batching.text;
