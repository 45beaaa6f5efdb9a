package dev.tensafe.training.torch;

import dev.tensafe.formats.peft.PeftDirectory;
import java.util.Optional;

/** The weights that are trained: the model's own, or low-rank matrices added to them. */
public sealed interface Adaptation {
  /** Nothing: all of the model's weights are trained. */
  record None() implements Adaptation {}

  /** Low-rank matrices that begin as no change: A random, B zero. They alone are trained. */
  record Fresh(LoraSpec spec, long seed) implements Adaptation {}

  /** An adapter as it is, or none: nothing is trained. */
  record Given(Optional<PeftDirectory> adapter) implements Adaptation {}
}
