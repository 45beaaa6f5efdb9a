package dev.tensafe.executors;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Path;

/** A model directory and an executor on it, with a cache. */
final class LoadedModel implements AutoCloseable {
  static final int VOCAB = 300;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final ModelConfig config;
  private final Checkpoint checkpoint;
  private final ModelExecutor executor;

  private LoadedModel(ModelConfig config, Checkpoint checkpoint, ModelExecutor executor) {
    this.config = config;
    this.checkpoint = checkpoint;
    this.executor = executor;
  }

  /** Opens a model. */
  static LoadedModel open(Path directory, Kind kind, ExecutorOptions options, int blocks)
      throws IOException {
    ModelConfig config = ModelConfigReader.read(directory);
    Checkpoint checkpoint = Checkpoint.open(directory);
    try {
      ModelExecutor executor = kind.factory().create(config, checkpoint, options);
      executor.allocateCache(blocks);
      return new LoadedModel(config, checkpoint, executor);
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  /**
   * Writes a small model with random weights: hidden size 48, 3 layers, 6 heads over 2.
   *
   * @param overrides changes of {@code config.json}, with single quotes
   */
  static void write(Path directory, String overrides, DType stored) throws IOException {
    ObjectNode config = SyntheticModel.llama(48, 72, 3, 6, 2, VOCAB, 512);
    config.setAll((ObjectNode) MAPPER.readTree(overrides.replace('\'', '"')));
    SyntheticModel.write(directory, config, stored, 17);
  }

  ModelConfig config() {
    return config;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  ModelExecutor executor() {
    return executor;
  }

  @Override
  public void close() {
    executor.close();
    checkpoint.close();
  }
}
