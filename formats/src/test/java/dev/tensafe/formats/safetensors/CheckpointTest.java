package dev.tensafe.formats.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.formats.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  @TempDir Path dir;

  @BeforeEach
  void shards() throws IOException {
    shard("model-1.safetensors", "a", 1);
    shard("model-2.safetensors", "b", 2);
  }

  private void shard(String file, String tensor, float value) throws IOException {
    SafetensorsWriter.write(
        dir.resolve(file),
        Map.of(),
        List.of(SafetensorsWriter.Entry.ofFloats(tensor, List.of(1L), new float[] {value})));
  }

  private void index(String map) throws IOException {
    Files.writeString(
        dir.resolve("model.safetensors.index.json"),
        "{\"metadata\":{\"total_size\":8},\"weight_map\":" + map.replace('\'', '"') + "}");
  }

  private String openCode() {
    return assertThrows(FormatException.class, () -> Checkpoint.open(dir).close()).code();
  }

  @Test
  void readsShardsThroughTheIndex() throws IOException {
    index("{'a':'model-1.safetensors','b':'model-2.safetensors'}");
    try (Checkpoint checkpoint = Checkpoint.open(dir)) {
      assertEquals(2, checkpoint.tensors().size());
      assertEquals(1f, checkpoint.map("a").getFloat(0));
      assertEquals(2f, checkpoint.map("b").getFloat(0));
    }
  }

  @Test
  void refusesAnIndexThatDisagreesWithItsShards() throws IOException {
    index("{'a':'model-2.safetensors'}");
    assertEquals("checkpoint.index", openCode());
    index("{'a':'model-1.safetensors'}");
    try (Checkpoint checkpoint = Checkpoint.open(dir)) {
      assertEquals(1, checkpoint.tensors().size());
    }
    index("{'a':'../model-1.safetensors'}");
    assertEquals("checkpoint.index", openCode());
    index("{'a':'gone.safetensors'}");
    assertEquals("safetensors.missing", openCode());
    index("{}");
    assertEquals("checkpoint.index", openCode());
  }

  @Test
  void saysWhatIsMissing() {
    assertEquals("checkpoint.missing", openCode());
  }
}
