package dev.tensafe.training.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.testkit.Shared;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.bpe.BpeTrainer;
import dev.tensafe.training.bpe.TokenizerFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleEncoderTest {
  private static final int END = 2;

  @TempDir private Path dir;
  private Tokenizer tokenizer;
  private ExampleEncoder encoder;

  @BeforeEach
  void open() throws Exception {
    BpeTrainer trainer = new BpeTrainer();
    trainer.add("the user and the assistant talk about the weather and about the sea");
    TokenizerFiles.write(dir, trainer.train(40));
    tokenizer = Tokenizer.load(dir);
    encoder = new ExampleEncoder(tokenizer, ChatTemplate.load(dir, Clock.systemUTC()), Set.of(END));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private Example encode(String json) throws Exception {
    return encoder.encode(new ObjectMapper().readTree(json), "here");
  }

  private String text(Example example, boolean scored) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < example.length(); i++) {
      if (example.scored()[i] == scored) {
        out.append(tokenizer.decode(new int[] {example.tokens()[i]}, false));
      }
    }
    return out.toString();
  }

  @Test
  void ofATextEverythingCountsAndItEnds() throws Exception {
    Example example = encode("{\"text\": \"the sea\"}");
    assertEquals("the sea<|im_end|>", text(example, true));
    assertEquals("", text(example, false));
  }

  @Test
  void ofAPromptNothingCounts() throws Exception {
    Example example = encode("{\"prompt\": \"the weather \", \"completion\": \"and the sea\"}");
    assertEquals("the weather ", text(example, false));
    assertEquals("and the sea<|im_end|>", text(example, true));
  }

  @Test
  void ofAConversationTheAssistantsTurnsCount() throws Exception {
    Example example =
        encode(
            """
            {"messages": [{"role": "system", "content": "talk"},
              {"role": "user", "content": "the sea"}, {"role": "assistant", "content": "and"},
              {"role": "user", "content": "the"}, {"role": "assistant", "content": "user"}]}
            """);
    assertEquals("and<|im_end|>user<|im_end|>", text(example, true));
    assertEquals(
        "<|im_start|>system\ntalk<|im_end|>\n<|im_start|>user\nthe sea<|im_end|>\n"
            + "<|im_start|>assistant\n\n<|im_start|>user\nthe<|im_end|>\n<|im_start|>assistant\n\n",
        text(example, false));
  }

  @Test
  void halfACharacterIsNamedByItsRecord() {
    for (String record :
        List.of(
            "{\"text\": \"the \\ud83d sea\"}",
            "{\"prompt\": \"the\", \"completion\": \"\\ude00\"}",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"\\ud83d\"}]}")) {
      TrainingException refused = assertThrows(TrainingException.class, () -> encode(record));
      assertEquals("data.record", refused.code());
    }
  }

  @Test
  void whatPythonWritesAndNobodyReadsRefusesNoRecord() throws Exception {
    Path file = dir.resolve("python.jsonl");
    Files.writeString(
        file,
        "{\"text\": \"the sea\", \"loss\": NaN, \"z\": [-Infinity], \"note\": \"\\ud83d\"}\n");
    List<Example> read = new ArrayList<>();
    JsonLines.read(file, (record, where) -> read.add(encoder.encode(record, where)));
    assertEquals(1, read.size());
    assertEquals(text(encode("{\"text\": \"the sea\"}"), false), text(read.get(0), false));
    Files.writeString(file, "{\"text\": \"a\", \"text\": \"b\"}\n");
    assertEquals(
        "data.record",
        assertThrows(
                TrainingException.class,
                () -> JsonLines.read(file, (record, where) -> encoder.encode(record, where)))
            .code());
  }

  /** What a server encodes as the prompt is the beginning of what training saw. */
  @Test
  void aConversationBeginsAsAServerEncodesItsPrompt() throws Exception {
    ChatTemplate template = ChatTemplate.load(dir, Clock.systemUTC());
    int[] prompt =
        tokenizer.encode(
            template.render(List.of(Map.of("role", "user", "content", "the sea")), true), false);
    Example example =
        encode(
            "{\"messages\": [{\"role\": \"user\", \"content\": \"the sea\"},"
                + " {\"role\": \"assistant\", \"content\": \"and the weather\"}]}");
    for (int i = 0; i < prompt.length; i++) {
      assertEquals(prompt[i], example.tokens()[i]);
      assertEquals(false, example.scored()[i]);
    }
    assertTrue(example.scored()[prompt.length]);
  }

  /** A tokenizer that puts a space before every text must not put one inside. */
  @Test
  void noSpaceIsAddedWhereThePromptEnds() throws Exception {
    Path model = Shared.path("models/stories260K-hf-f32");
    try (Tokenizer pieces = Tokenizer.load(model)) {
      ExampleEncoder words = new ExampleEncoder(pieces, null, Set.of(END));
      for (String completion : List.of(" was in the garden.", "s were in the garden.")) {
        Example example =
            words.encode(
                new ObjectMapper()
                    .createObjectNode()
                    .put("prompt", "Once upon a time the girl")
                    .put("completion", completion),
                "here");
        assertEquals(
            "Once upon a time the girl" + completion, pieces.decode(example.tokens(), true));
        int[] prompt = pieces.encode("Once upon a time the girl", true);
        assertEquals(false, example.scored()[prompt.length - 1]);
        assertTrue(example.scored()[prompt.length]);
      }
    }
  }

  /** A newline that the answer begins with merges with the template's when encoded whole. */
  @Test
  void whereTheWholeDoesNotBeginAsThePromptThePiecesAreEncodedOneByOne() throws Exception {
    Files.writeString(
        dir.resolve("chat_template.jinja"),
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }};{% endfor %}"
            + "{% if add_generation_prompt %}assistant: {% endif %}");
    ChatTemplate template = ChatTemplate.load(dir, Clock.systemUTC());
    ExampleEncoder plain = new ExampleEncoder(tokenizer, template, Set.of(END));
    Example example =
        plain.encode(
            new ObjectMapper()
                .readTree(
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"the sea\"},"
                        + " {\"role\": \"assistant\", \"content\": \"the weather\"}]}"),
            "here");
    assertEquals("the weather;", text(example, true));
    int[] prompt = tokenizer.encode("user: the sea;assistant: ", false);
    assertEquals("user: the sea;assistant: ", text(example, false));
    assertTrue(example.scored()[prompt.length]);
  }

  @Test
  void recordsOfNoKnownShapeAreRefusedWithTheirPlace() {
    for (String bad :
        List.of(
            "{}",
            "{\"text\": 5}",
            "{\"text\": \"a\", \"prompt\": \"b\"}",
            "{\"prompt\": \"b\"}",
            "{\"messages\": []}",
            "{\"messages\": [{\"role\": \"user\"}]}",
            "{\"messages\": \"hello\"}")) {
      TrainingException e = assertThrows(TrainingException.class, () -> encode(bad), bad);
      assertEquals("data.record", e.code());
      assertTrue(e.getMessage().startsWith("here: "), e.getMessage());
    }
  }

  @Test
  void messagesNeedATemplateThatDoesNotRewriteTheBeginning() throws Exception {
    var record =
        new ObjectMapper()
            .readTree(
                "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"},"
                    + "{\"role\": \"assistant\", \"content\": \"b\"}]}");
    ExampleEncoder none = new ExampleEncoder(tokenizer, null, Set.of(END));
    assertEquals(
        "data.template",
        assertThrows(TrainingException.class, () -> none.encode(record, "x")).code());
    Files.writeString(
        dir.resolve("chat_template.jinja"), "{{ messages|length }}{{ messages[0]['content'] }}");
    ExampleEncoder odd =
        new ExampleEncoder(tokenizer, ChatTemplate.load(dir, Clock.systemUTC()), Set.of(END));
    assertEquals(
        "data.template",
        assertThrows(TrainingException.class, () -> odd.encode(record, "x")).code());
    Files.writeString(dir.resolve("chat_template.jinja"), "{{ raise_exception('no') }}");
    ExampleEncoder refusing =
        new ExampleEncoder(tokenizer, ChatTemplate.load(dir, Clock.systemUTC()), Set.of(END));
    TrainingException e = assertThrows(TrainingException.class, () -> refusing.encode(record, "x"));
    assertEquals("data.template", e.code());
  }

  @Test
  void filesThatAreNotWhatTheyShouldBeAreNamed() throws Exception {
    Path file = dir.resolve("data.jsonl");
    Files.writeString(file, "{\"text\": \"a b c\"}\n\n{\"text\": \n");
    TrainingException e =
        assertThrows(TrainingException.class, () -> Dataset.read(List.of(file), encoder, 32));
    assertEquals("data.invalid_json", e.code());
    assertTrue(e.getMessage().contains("data.jsonl line 3"), e.getMessage());
    Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
    assertEquals(
        "data.encoding",
        assertThrows(TrainingException.class, () -> Dataset.read(List.of(file), encoder, 32))
            .code());
    assertEquals(
        "data.missing",
        assertThrows(
                TrainingException.class,
                () -> Dataset.read(List.of(dir.resolve("none")), encoder, 32))
            .code());
    Files.writeString(file, "\n\n");
    assertEquals(
        "data.empty",
        assertThrows(TrainingException.class, () -> Dataset.read(List.of(file), encoder, 32))
            .code());
  }

  @Test
  void longTextsBecomeSeveralExamplesAndEveryTokenIsPredictedOnce() throws Exception {
    Path file = dir.resolve("data.jsonl");
    String text = "the weather and the sea ".repeat(40);
    Files.writeString(file, "{\"text\": \"" + text + "\"}\n");
    Dataset dataset = Dataset.read(List.of(file), encoder, 16);
    int whole = tokenizer.encode(text, true).length + 1;
    int predicted = dataset.examples().stream().mapToInt(e -> e.length() - 1).sum();
    assertEquals(whole - 1, predicted);
    assertEquals(0, dataset.cut());
    assertTrue(dataset.examples().stream().allMatch(e -> e.length() <= 16));
  }

  @Test
  void longConversationsAreCutAndCountedAndThoseWithoutAnAnswerLeftOut() throws Exception {
    Path file = dir.resolve("data.jsonl");
    String shortOne =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"},"
            + "{\"role\": \"assistant\", \"content\": \""
            + "sea ".repeat(60)
            + "\"}]}\n";
    String longQuestion =
        "{\"messages\": [{\"role\": \"user\", \"content\": \""
            + "sea ".repeat(60)
            + "\"},"
            + "{\"role\": \"assistant\", \"content\": \"b\"}]}\n";
    Files.writeString(file, shortOne + longQuestion);
    Dataset dataset = Dataset.read(List.of(file), encoder, 40);
    assertEquals(1, dataset.examples().size());
    assertEquals(2, dataset.cut());
    assertEquals(1, dataset.dropped());
  }
}
