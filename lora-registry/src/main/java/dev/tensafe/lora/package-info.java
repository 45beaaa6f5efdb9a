/** Adapters that are served in the clear: their registry and their part of the forward pass. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.lora;
