/** Adapters' weights: from a package into native memory, and from there into the forward pass. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.lora.weights;
