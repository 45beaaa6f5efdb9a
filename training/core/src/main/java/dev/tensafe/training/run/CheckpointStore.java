package dev.tensafe.training.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsFile;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.out.AtomicDirectory;
import dev.tensafe.training.torch.Optimizer;
import dev.tensafe.training.torch.OptimizerSpec;
import dev.tensafe.training.torch.TrainableModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A run's checkpoints: {@code step-N/} with the trained tensors in float32, the optimizer's moments
 * and the state. Each appears whole or not at all; the newest three stay.
 */
final class CheckpointStore {
  private static final int KEPT = 3;
  private static final Pattern NAME = Pattern.compile("step-([0-9]{1,9})");
  private static final String WEIGHTS = "weights.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String STATE = "state.json";

  private final Path directory;

  CheckpointStore(Path directory) {
    this.directory = directory;
  }

  /**
   * Writes a checkpoint and deletes those that are too many.
   *
   * @throws TrainingException {@code train.write}
   */
  void save(TrainableModel model, Optimizer optimizer, OptimizerSpec spec, RunState state) {
    try {
      AtomicDirectory.deletePartial(directory);
      AtomicDirectory.create(
          directory.resolve("step-" + state.step()),
          partial -> {
            write(partial.resolve(WEIGHTS), model.trained(), model::values);
            write(partial.resolve(OPTIMIZER), optimizer.moments(), optimizer::moment);
            Files.write(partial.resolve(STATE), json(spec, state));
          });
      List<Path> all = newestFirst();
      for (Path old : all.subList(Math.min(KEPT, all.size()), all.size())) {
        AtomicDirectory.delete(old);
      }
    } catch (IOException e) {
      throw new TrainingException("train.write", "cannot write a checkpoint in " + directory, e);
    }
  }

  /**
   * Puts model and optimizer where the newest checkpoint was.
   *
   * @param warnings hears what of it could not be used
   * @return empty when there is no checkpoint
   * @throws TrainingException {@code train.checkpoint} when its weights are not those of this model
   */
  Optional<RunState> restore(
      TrainableModel model, Optimizer optimizer, OptimizerSpec spec, Consumer<String> warnings) {
    List<Path> all;
    try {
      all = newestFirst();
    } catch (IOException e) {
      throw new TrainingException("train.checkpoint", "cannot read " + directory, e);
    }
    if (all.isEmpty()) {
      return Optional.empty();
    }
    Path newest = all.get(0);
    JsonNode json;
    try {
      json = Json.readObject(newest.resolve(STATE), "train");
      read(newest.resolve(WEIGHTS), model.trained(), model::set);
    } catch (FormatException e) {
      throw new TrainingException(
          "train.checkpoint",
          "the checkpoint "
              + newest
              + " does not fit this run ("
              + e.description()
              + "); delete it to begin anew, or choose another output");
    }
    int optimizerSteps = 0;
    try {
      if (!json.path("optimizer").asText().equals(label(spec))) {
        throw new FormatException("train.optimizer", "it was made by " + json.path("optimizer"));
      }
      read(newest.resolve(OPTIMIZER), optimizer.moments(), optimizer::setMoment);
      optimizerSteps = json.path("optimizer_steps").asInt();
      optimizer.setSteps(optimizerSteps);
    } catch (FormatException e) {
      warnings.accept(
          "the weights of "
              + newest.getFileName()
              + " are used, its optimizer state is not: "
              + e.description());
    }
    return Optional.of(
        new RunState(
            json.path("step").asInt(),
            optimizerSteps,
            json.path("epoch").asInt(),
            json.path("index").asInt(),
            json.path("tokens").asLong(),
            json.path("skipped").asLong(),
            json.path("data").asText()));
  }

  private List<Path> newestFirst() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
          .sorted(Comparator.comparingInt(CheckpointStore::step).reversed())
          .toList();
    }
  }

  private static int step(Path path) {
    Matcher matcher = NAME.matcher(path.getFileName().toString());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }

  private static byte[] json(OptimizerSpec spec, RunState state) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode();
    node.put("format", 1).put("step", state.step()).put("optimizer", label(spec));
    node.put("optimizer_steps", state.optimizerSteps());
    node.put("epoch", state.epoch()).put("index", state.index()).put("tokens", state.tokens());
    node.put("skipped", state.skipped()).put("data", state.data());
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(node);
  }

  private static String label(OptimizerSpec spec) {
    return spec instanceof OptimizerSpec.AdamW ? "adamw" : "sgd";
  }

  private static void write(
      Path file, Map<String, List<Long>> shapes, Function<String, float[]> values)
      throws IOException {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    shapes.forEach(
        (name, shape) ->
            entries.add(SafetensorsWriter.Entry.ofFloats(name, shape, () -> values.apply(name))));
    SafetensorsWriter.write(file, Map.of(), entries);
  }

  /** Reads all tensors, after all of them were found to be there and of the right shape. */
  private static void read(
      Path file, Map<String, List<Long>> shapes, BiConsumer<String, float[]> sink) {
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      for (String name : tensors.tensors().keySet()) {
        if (!shapes.containsKey(name)) {
          throw new FormatException("train.checkpoint", "it holds " + name + ", unknown here");
        }
      }
      shapes.forEach(
          (name, shape) -> {
            TensorInfo info = tensors.tensors().get(name);
            if (info == null || !info.shape().equals(shape) || info.dtype() != DType.F32) {
              throw new FormatException(
                  "train.checkpoint", "it has no " + name + " of the shape " + shape);
            }
          });
      shapes
          .keySet()
          .forEach(
              name -> {
                ByteBuffer bytes = tensors.map(name);
                float[] values = new float[bytes.remaining() / Float.BYTES];
                bytes.asFloatBuffer().get(values);
                sink.accept(name, values);
              });
    }
  }
}
