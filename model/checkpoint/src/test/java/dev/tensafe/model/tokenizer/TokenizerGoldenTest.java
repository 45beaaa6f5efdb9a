package dev.tensafe.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.CodedException;
import dev.tensafe.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ids and texts against those of Hugging Face tokenizers. */
class TokenizerGoldenTest {
  @ParameterizedTest
  @CsvSource({
    "stories260K-hf-f32,models/stories260K-hf-f32",
    "phi-2,fixtures/tokenizers/phi-2",
    "phi-3-mini,fixtures/tokenizers/phi-3-mini"
  })
  void encodesAndDecodesAsHuggingFaceDoes(String name, String dir) throws IOException {
    JsonNode golden = Shared.json("fixtures/tokenizer-golden-hf.json").path("encodings").path(name);
    try (Tokenizer tokenizer = Tokenizer.load(Shared.path(dir))) {
      for (JsonNode item : golden) {
        String text = item.path("text").asText();
        assertArrayEquals(ids(item.path("ids")), tokenizer.encode(text, true), text);
        assertArrayEquals(ids(item.path("ids_no_special")), tokenizer.encode(text, false), text);
        int[] ids = ids(item.path("ids"));
        assertEquals(item.path("decoded").asText(), tokenizer.decode(ids, false));
        assertEquals(item.path("decoded_skip_special").asText(), tokenizer.decode(ids, true));
      }
    }
  }

  private static int[] ids(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  @Test
  void refusesDamagedFilesByCode(@TempDir Path dir) throws IOException {
    assertEquals("tokenizer.missing", code(dir));
    Path file = dir.resolve("tokenizer.json");
    Files.writeString(file, "{\"model\":");
    assertEquals("tokenizer.invalid_json", code(dir));
    Files.writeString(file, "{}");
    assertEquals("tokenizer.invalid", code(dir));
    Files.writeString(file, "{\"model\":{\"type\":\"Nonsense\"}}");
    assertEquals("tokenizer.invalid", code(dir));
  }

  private static String code(Path dir) {
    return assertThrows(CodedException.class, () -> Tokenizer.load(dir)).code();
  }
}
