package dev.tensafe.training.out;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.PythonJson;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.training.torch.TrainableModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes a model whose weights were all trained, as Hugging Face reads it. */
public final class CheckpointWriter {
  private static final List<String> COMPANIONS =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "chat_template.jinja",
          "generation_config.json");

  private CheckpointWriter() {}

  /**
   * Writes weights and configuration, and what belongs to the model it began from.
   *
   * @param begunFrom the directory with configuration and tokenizer; may be {@code directory}
   * @param type F32 or BF16
   * @throws dev.tensafe.training.TrainingException {@code train.not_finite}
   */
  public static void write(Path directory, Path begunFrom, TrainableModel model, DType type)
      throws IOException {
    AtomicDirectory.fill(
        directory,
        partial -> {
          ObjectNode config =
              PythonJson.readObject(begunFrom.resolve("config.json"), "model").deepCopy();
          config.put("torch_dtype", type == DType.BF16 ? "bfloat16" : "float32");
          Files.write(partial.resolve("config.json"), PythonJson.write(config));
          for (String name : COMPANIONS) {
            if (Files.exists(begunFrom.resolve(name))) {
              Files.copy(begunFrom.resolve(name), partial.resolve(name));
            }
          }
          SafetensorsWriter.write(
              partial.resolve("model.safetensors"),
              Map.of("format", "pt"),
              TensorEntries.of(model, type));
        });
  }
}
