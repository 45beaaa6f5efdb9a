/** Low-rank adapters in native memory, and their products for batches of mixed adapters. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.nativelib.lora;
