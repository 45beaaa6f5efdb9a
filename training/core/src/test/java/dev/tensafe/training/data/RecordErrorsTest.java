package dev.tensafe.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.bpe.BpeTrainer;
import dev.tensafe.training.bpe.TokenizerFiles;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Errors of training data name file, line and field, and quote nothing. */
class RecordErrorsTest {
  private static final String GOOD = "{\"text\": \"the sea\"}\n";

  @TempDir private Path dir;

  private TrainingException error(byte[] third) throws Exception {
    BpeTrainer trainer = new BpeTrainer();
    trainer.add("the sea and the weather");
    TokenizerFiles.write(dir, trainer.train(10));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes((GOOD + "\r\n").getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(third);
    bytes.writeBytes(("\n" + GOOD).getBytes(StandardCharsets.UTF_8));
    Path file = Files.write(dir.resolve("d.jsonl"), bytes.toByteArray());
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      ExampleEncoder encoder =
          new ExampleEncoder(tokenizer, ChatTemplate.load(dir, Clock.systemUTC()), Set.of());
      TrainingException e =
          assertThrows(TrainingException.class, () -> Dataset.read(List.of(file), encoder, 32));
      assertFalse(e.description().contains("Exception"), e.description());
      assertFalse(e.description().contains("secret"), e.description());
      return e;
    }
  }

  private void says(String message, String third) throws Exception {
    TrainingException e = error(third.getBytes(StandardCharsets.UTF_8));
    // the exact column is the JSON library's business
    assertEquals(
        "d.jsonl line 3" + message, e.description().replaceFirst("column \\d+:", "column N:"));
  }

  @Test
  void whatIsNoJsonIsSaidInWordsOfOurs() throws Exception {
    says(", column N: not valid JSON: it ends too early", "{\"text\": \"secret wor");
    says(", column N: not valid JSON: what stands there is no JSON", "{\"text\": secret}");
    says(
        ", column N: not valid JSON: something follows the end of the document",
        "{\"text\": \"secret\"} {}");
    says(
        ", column N: not valid JSON: a control character that is not escaped",
        "{\"text\": \"secret\tx\"}");
    says(": a key appears twice", "{\"text\": \"secret\", \"text\": 1}");
    says(" must hold one JSON object", "[\"secret\"]");
  }

  @Test
  void whatIsNotUtf8IsNamedByItsLine() throws Exception {
    TrainingException e = error(new byte[] {'{', '"', (byte) 0xe9, '"', '}'});
    assertEquals("data.encoding", e.code());
    assertEquals("d.jsonl line 3 is not UTF-8", e.description());
  }

  @Test
  void theFieldIsNamed() throws Exception {
    String right =
        "a record holds either \"text\", or \"prompt\" and \"completion\", or \"messages\"";
    says(": none of the known fields is there; " + right, "{\"txt\": \"secret\"}");
    says(": \"text\" is a number; it must be a text", "{\"text\": 5}");
    says(": it holds prompt alone; " + right, "{\"prompt\": \"secret\"}");
    says(": it holds text and prompt; " + right, "{\"prompt\": \"secret\", \"text\": \"b\"}");
    says(
        ": \"completion\" is null; it must be a text",
        "{\"prompt\": \"secret\", \"completion\": null}");
    says(": \"messages\" is a text; it must be a list", "{\"messages\": \"secret\"}");
    says(": \"messages\" is empty; it needs at least one message", "{\"messages\": []}");
    says(
        ": \"messages[1].content\" is a list; it must be a text",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"secret\"},"
            + " {\"role\": \"assistant\", \"content\": [\"secret\"]}]}");
    says(
        ": \"messages[0].role\" is missing; it must be a text",
        "{\"messages\": [{\"content\": \"secret\"}]}");
  }

  @Test
  void linesMayEndAsOnWindowsAndNeedNoEndAtTheEnd() throws Exception {
    Path file =
        Files.writeString(dir.resolve("w.jsonl"), "{\"text\": \"a\"}\r\n\r\n{\"text\": \"é\"}");
    List<String> heard = new ArrayList<>();
    JsonLines.read(file, (record, where) -> heard.add(where + record.path("text").textValue()));
    assertEquals(List.of("w.jsonl line 1a", "w.jsonl line 3é"), heard);
  }
}
