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
   * The tensors, each read when it is written.
   *
   * @param type F32 or BF16
   */
  static List<SafetensorsWriter.Entry> of(TrainableModel model, DType type) {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    model
        .trained()
        .forEach(
            (name, shape) ->
                entries.add(
                    switch (type) {
                      case F32 ->
                          SafetensorsWriter.Entry.ofFloats(name, shape, () -> finite(model, name));
                      case BF16 ->
                          SafetensorsWriter.Entry.ofBfloat16(
                              name, shape, () -> finite(model, name));
                      default -> throw new IllegalArgumentException("F32 or BF16, not " + type);
                    }));
    return entries;
  }

  private static float[] finite(TrainableModel model, String name) {
    float[] values = model.values(name);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new TrainingException(
            "train.not_finite", name + " came to hold a NaN or an infinity");
      }
    }
    return values;
  }
}
