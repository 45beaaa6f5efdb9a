package dev.tensafe.training.torch;

import ai.djl.pytorch.engine.PtNDArray;
import java.util.List;

/**
 * A tensor that is trained.
 *
 * @param name in the checkpoint or PEFT adapter it will be written to
 * @param decayed whether weight decay applies: to matrices, not to norms and biases
 */
record Parameter(String name, List<Long> shape, PtNDArray value, boolean decayed) {
  Parameter {
    shape = List.copyOf(shape);
  }

  long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
