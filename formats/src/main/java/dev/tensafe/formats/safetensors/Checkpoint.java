package dev.tensafe.formats.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.PythonJson;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tensors of a checkpoint directory: one {@code model.safetensors}, or shards named by {@code
 * model.safetensors.index.json}. Thread-safe; mappings outlive {@link #close()}.
 */
public final class Checkpoint implements AutoCloseable {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, SafetensorsFile> owner = new HashMap<>();
  private final Map<String, SafetensorsFile> files = new LinkedHashMap<>();

  private Checkpoint() {}

  /**
   * Opens a checkpoint directory.
   *
   * @throws FormatException {@code checkpoint.missing} when the directory holds neither file,
   *     {@code checkpoint.index} when index and shards disagree, or any code of {@link
   *     SafetensorsFile#open}
   */
  public static Checkpoint open(Path directory) {
    Checkpoint checkpoint = new Checkpoint();
    try {
      if (Files.exists(directory.resolve(SINGLE))) {
        SafetensorsFile file = checkpoint.file(directory, SINGLE);
        file.tensors().values().forEach(info -> checkpoint.add(info, file));
      } else if (Files.exists(directory.resolve(INDEX))) {
        checkpoint.openShards(directory);
      } else {
        throw new FormatException(
            "checkpoint.missing", directory + " holds neither " + SINGLE + " nor " + INDEX);
      }
      return checkpoint;
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  private void openShards(Path directory) {
    JsonNode map = PythonJson.readObject(directory.resolve(INDEX), "checkpoint").path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new FormatException("checkpoint.index", INDEX + " has no weight_map");
    }
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String shard = entry.getValue().asText();
      if (!entry.getValue().isTextual()
          || shard.isEmpty()
          || !shard.endsWith(".safetensors")
          || shard.contains("/")
          || shard.contains("\\")) {
        throw new FormatException(
            "checkpoint.index",
            INDEX
                + " sends "
                + entry.getKey()
                + " to '"
                + shard
                + "'; a shard is a .safetensors file in the same directory");
      }
      SafetensorsFile file = file(directory, shard);
      TensorInfo info = file.tensors().get(entry.getKey());
      if (info == null) {
        throw new FormatException(
            "checkpoint.index",
            shard + " lacks " + entry.getKey() + ", which " + INDEX + " promises");
      }
      add(info, file);
    }
    for (SafetensorsFile file : files.values()) {
      for (String name : file.tensors().keySet()) {
        if (owner.get(name) != file) {
          throw new FormatException(
              "checkpoint.index",
              "a shard holds " + name + ", which " + INDEX + " does not send there");
        }
      }
    }
  }

  private SafetensorsFile file(Path directory, String name) {
    return files.computeIfAbsent(name, n -> SafetensorsFile.open(directory.resolve(n)));
  }

  private void add(TensorInfo info, SafetensorsFile file) {
    tensors.put(info.name(), info);
    owner.put(info.name(), file);
  }

  /** All tensors by name. */
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /**
   * Maps rows {@code [from, to)} of the outermost dimension; see {@link SafetensorsFile#mapRows}.
   */
  public ByteBuffer mapRows(String name, long from, long to) {
    return fileOf(name).mapRows(name, from, to);
  }

  /** Maps one tensor whole; see {@link SafetensorsFile#map}. */
  public ByteBuffer map(String name) {
    return fileOf(name).map(name);
  }

  /** Reads bytes of one tensor; see {@link SafetensorsFile#read}. */
  public void read(String name, long offset, ByteBuffer target) {
    fileOf(name).read(name, offset, target);
  }

  private SafetensorsFile fileOf(String name) {
    SafetensorsFile file = owner.get(name);
    if (file == null) {
      throw new FormatException("safetensors.no_tensor", "the checkpoint has no tensor " + name);
    }
    return file;
  }

  @Override
  public void close() {
    files.values().forEach(SafetensorsFile::close);
  }
}
