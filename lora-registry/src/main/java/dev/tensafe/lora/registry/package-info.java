/** The registered adapters: their owners, their packages on disk, their weights in memory. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.lora.registry;
