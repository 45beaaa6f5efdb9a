/** What adapters cost beside the base model. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.lora;
