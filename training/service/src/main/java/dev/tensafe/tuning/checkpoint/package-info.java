/** The checkpoints that are kept of each model, as signed and encrypted packages. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tuning.checkpoint;
