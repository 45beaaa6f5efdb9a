/** Checkpoints with random weights: real shapes for speed measurements, small ones for tests. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.model.synthetic;
