package dev.tensafe.training.torch;

import java.util.List;

/** A source of a model's weights. */
@FunctionalInterface
public interface WeightSource {
  /**
   * Values of one tensor, row-major.
   *
   * @throws dev.tensafe.formats.CodedException when they cannot be had
   */
  float[] values(String name, List<Long> shape);
}
