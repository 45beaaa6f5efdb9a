/** Which adapters there are, whose they are, where they are kept, and which are in memory. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.lora.registry;
