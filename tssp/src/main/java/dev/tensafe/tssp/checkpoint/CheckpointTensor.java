package dev.tensafe.tssp.checkpoint;

import java.util.List;
import java.util.function.Supplier;

/**
 * A float32 tensor of a checkpoint to write.
 *
 * @param name unique in the checkpoint; at most 256 letters, digits, and {@code ._:/-}
 * @param shape sizes of at least 1
 * @param values row-major, all finite; asked for once, when it is written
 */
public record CheckpointTensor(String name, List<Long> shape, Supplier<float[]> values) {
  public CheckpointTensor {
    shape = List.copyOf(shape);
  }
}
