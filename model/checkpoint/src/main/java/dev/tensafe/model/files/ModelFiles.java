package dev.tensafe.model.files;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * Everything read from a model directory, checked against each other.
 *
 * @param chatTemplate null when the model has none
 */
public record ModelFiles(
    ModelConfig config,
    Tokenizer tokenizer,
    @Nullable ChatTemplate chatTemplate,
    Checkpoint checkpoint)
    implements AutoCloseable {

  /**
   * Opens a model directory as Hugging Face publishes it.
   *
   * @throws dev.tensafe.formats.CodedException naming the file and what is wrong with it
   */
  public static ModelFiles open(Path directory, Clock clock) {
    if (!Files.isDirectory(directory)) {
      throw new ModelException("model.missing", "there is no model directory " + directory);
    }
    ModelConfig config = ModelConfigReader.read(directory);
    ChatTemplate chatTemplate = ChatTemplate.load(directory, clock);
    Checkpoint checkpoint = Checkpoint.open(directory);
    try {
      CheckpointLayout.check(config, checkpoint.tensors());
      return new ModelFiles(config, Tokenizer.load(directory), chatTemplate, checkpoint);
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  @Override
  public void close() {
    tokenizer.close();
    checkpoint.close();
  }
}
