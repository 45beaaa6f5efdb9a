/** The shape of a decoder: configuration, rotary positions, projections; no tensors, no threads. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.model.shape;
