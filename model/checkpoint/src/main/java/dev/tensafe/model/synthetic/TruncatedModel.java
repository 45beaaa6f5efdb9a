package dev.tensafe.model.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.PythonJson;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.shape.CheckpointLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Copies a model with its first layers only: the cheapest draft model, which guesses right as often
 * as the layers that it lacks change little. Tokenizer and the other files are copied as they are.
 */
public final class TruncatedModel {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int PIECE_BYTES = 4 << 20;

  private TruncatedModel() {}

  /**
   * Writes the copy.
   *
   * @param directory is created; must not hold a checkpoint yet
   * @param layers at least 1, at most those of the model
   * @throws IllegalArgumentException for another number of layers
   * @throws IOException when a file cannot be written
   */
  public static void write(Path model, Path directory, int layers) throws IOException {
    int has = ModelConfigReader.read(model).layers();
    if (layers < 1 || layers > has) {
      throw new IllegalArgumentException(layers + " layers of " + has);
    }
    Files.createDirectories(directory);
    try (var files = Files.list(model)) {
      for (Path file : files.filter(TruncatedModel::beside).toList()) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
    if (!(PythonJson.readObject(model.resolve("config.json"), "model")
        instanceof ObjectNode config)) {
      throw new IllegalArgumentException("config.json is no object");
    }
    config.put("num_hidden_layers", layers);
    if (config.get("layer_types") instanceof ArrayNode types) {
      while (types.size() > layers) {
        types.remove(types.size() - 1);
      }
    }
    Files.writeString(
        directory.resolve("config.json"),
        MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(config));
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      List<SafetensorsWriter.Entry> entries = new ArrayList<>();
      for (String name : CheckpointLayout.expected(ModelConfigReader.read(directory)).keySet()) {
        TensorInfo info = checkpoint.tensors().get(name);
        if (info != null) {
          entries.add(
              new SafetensorsWriter.Entry(
                  name, info.dtype(), info.shape(), out -> copy(checkpoint, info, out)));
        }
      }
      SafetensorsWriter.write(
          directory.resolve("model.safetensors"), Map.of("format", "pt"), entries);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static boolean beside(Path file) {
    String name = String.valueOf(file.getFileName());
    return Files.isRegularFile(file)
        && !name.equals("config.json")
        && !name.endsWith(".safetensors")
        && !name.endsWith(".safetensors.index.json");
  }

  private static void copy(Checkpoint checkpoint, TensorInfo info, WritableByteChannel out)
      throws IOException {
    for (long at = 0; at < info.byteSize(); at += PIECE_BYTES) {
      ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, info.byteSize() - at));
      checkpoint.read(info.name(), at, piece);
      piece.flip();
      while (piece.hasRemaining()) {
        out.write(piece);
      }
    }
  }
}
