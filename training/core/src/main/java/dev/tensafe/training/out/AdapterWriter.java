package dev.tensafe.training.out;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.TrainableModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes trained low-rank matrices as PEFT does ({@code save_pretrained}). */
public final class AdapterWriter {
  private AdapterWriter() {}

  /**
   * Writes {@code adapter_config.json} and {@code adapter_model.safetensors}.
   *
   * @param baseName what the configuration calls the base model
   * @param type F32 or BF16
   * @throws dev.tensafe.training.TrainingException {@code train.not_finite}
   */
  public static void write(
      Path directory, String baseName, LoraSpec spec, TrainableModel model, DType type)
      throws IOException {
    AtomicDirectory.fill(
        directory,
        partial -> {
          Files.write(partial.resolve(PeftDirectory.CONFIG), config(baseName, spec));
          SafetensorsWriter.write(
              partial.resolve(PeftDirectory.TENSORS),
              Map.of("format", "pt"),
              TensorEntries.of(model, type));
        });
  }

  /**
   * The bytes of {@code adapter_config.json}.
   *
   * @param baseName what it calls the base model
   */
  public static byte[] config(String baseName, LoraSpec spec) {
    ObjectNode config = new ObjectMapper().createObjectNode();
    config.put("base_model_name_or_path", baseName);
    config.put("bias", "none").put("fan_in_fan_out", false).put("inference_mode", true);
    config.put("init_lora_weights", true).put("lora_alpha", spec.alpha());
    config.put("lora_dropout", spec.dropout()).putNull("modules_to_save");
    config.put("peft_type", "LORA").put("r", spec.rank());
    var targets = config.putArray("target_modules");
    spec.targets().stream()
        .sorted()
        .map(kind -> kind.moduleName().replaceFirst(".*\\.", ""))
        .forEach(targets::add);
    config.put("task_type", "CAUSAL_LM").put("use_dora", false).put("use_rslora", spec.rslora());
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(config);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers is written", e);
    }
  }
}
