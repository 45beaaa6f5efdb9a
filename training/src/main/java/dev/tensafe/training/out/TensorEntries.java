package dev.tensafe.training.out;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.torch.TrainableModel;
import java.util.ArrayList;
import java.util.List;

/** A model's trained tensors, for a file. */
final class TensorEntries {
  private TensorEntries() {}

  /**
   * The tensors as they are now.
   *
   * @throws TrainingException {@code train.not_finite} naming a tensor that holds a NaN or an
   *     infinity
   */
  static List<SafetensorsWriter.Entry> of(TrainableModel model, DType type) {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    model
        .trained()
        .forEach(
            (name, shape) -> {
              float[] values = model.values(name);
              for (float value : values) {
                if (!Float.isFinite(value)) {
                  throw new TrainingException(
                      "train.not_finite", name + " came to hold a NaN or an infinity");
                }
              }
              entries.add(
                  switch (type) {
                    case F32 -> SafetensorsWriter.Entry.ofFloats(name, shape, values);
                    case BF16 -> SafetensorsWriter.Entry.ofBfloat16(name, shape, values);
                    default -> throw new IllegalArgumentException("F32 or BF16, not " + type);
                  });
            });
    return entries;
  }
}
