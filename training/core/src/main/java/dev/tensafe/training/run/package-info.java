/** A training run: its configuration, loop, checkpoints and reports. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.training.run;
