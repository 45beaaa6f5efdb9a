/** Measurements of steps with adapters against steps of the base model. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.lora;
