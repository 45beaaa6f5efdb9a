package dev.tensafe.batching.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.testkit.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextStreamTest {
  @Test
  void charactersSplitOverTokensArriveWhole(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      String text = "naïve 東京 👩‍👩‍👧 🤗 end";
      IncrementalDecoder decoder = IncrementalDecoder.of(tokenizer);
      StringBuilder joined = new StringBuilder();
      int[] tokens = tokenizer.encode(text, false);
      assertTrue(tokens.length > text.length(), "bytes are tokens here");
      for (int token : tokens) {
        String piece = decoder.add(token);
        assertFalse(piece.contains("\uFFFD"), "half a character was shown");
        assertFalse(
            !piece.isEmpty() && Character.isHighSurrogate(piece.charAt(piece.length() - 1)));
        joined.append(piece);
      }
      assertEquals(text, joined + decoder.finish());
    }
  }

  @Test
  void anIncompleteCharacterAtTheEndIsFlushed(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      TextStream stream = new TextStream(tokenizer, List.of(), 0);
      int[] tokens = tokenizer.encode("a🤗", false);
      assertEquals("a", stream.add(tokens[0]));
      assertEquals("", stream.add(tokens[1]));
      assertEquals("\uFFFD", stream.finish());
    }
  }

  @Test
  void endlessGarbageIsShownAsItComesAndTextAfterItIsWhole(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      IncrementalDecoder decoder = IncrementalDecoder.of(tokenizer);
      StringBuilder text = new StringBuilder();
      int special = 257;
      for (int i = 0; i < 400; i++) {
        text.append(decoder.add(0x80)).append(decoder.add(special));
      }
      assertTrue(text.length() > 350, "held back: " + text.length());
      for (int token : tokenizer.encode("a 🤗", false)) {
        text.append(decoder.add(token)).append(decoder.add(special));
      }
      assertEquals("\uFFFD".repeat(400) + "a 🤗", text + decoder.finish());
    }
  }

  /** Texts of many scripts, through real tokenizers: pieces joined equal the whole decoding. */
  @ParameterizedTest
  @CsvSource({
    "stories260K-hf-f32,models/stories260K-hf-f32",
    "phi-2,fixtures/tokenizers/phi-2",
    "phi-3-mini,fixtures/tokenizers/phi-3-mini"
  })
  void piecesJoinToTheWholeText(String name, String dir) throws IOException {
    JsonNode golden = Shared.json("fixtures/tokenizer-golden-hf.json").path("encodings").path(name);
    try (Tokenizer tokenizer = Tokenizer.load(Shared.path(dir))) {
      for (JsonNode item : golden) {
        IncrementalDecoder decoder = IncrementalDecoder.of(tokenizer);
        StringBuilder joined = new StringBuilder();
        item.path("ids").forEach(id -> joined.append(decoder.add(id.intValue())));
        joined.append(decoder.finish());
        assertEquals(item.path("decoded_skip_special").asText(), joined.toString());
      }
    }
  }

  @Test
  void stopStringsCutTheSameHoweverTheTextIsSplit() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 3000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(20); i > 0; i--) {
        text.append((char) ('a' + random.nextInt(2)));
      }
      List<String> stops = List.of(random.nextBoolean() ? "aab" : "ab", "bbb", "aaaa");
      int cut = stops.stream().mapToInt(s -> text.indexOf(s)).filter(i -> i >= 0).min().orElse(-1);
      // a stop string that ends earlier wins over one that begins earlier, as tokens arrive
      StopMatcher whole = new StopMatcher(stops);
      StringBuilder shown = new StringBuilder();
      for (int i = 0; i < text.length(); ) {
        int n = Math.min(text.length() - i, 1 + random.nextInt(3));
        shown.append(whole.add(text.substring(i, i + n), true));
        i += n;
      }
      assertEquals(cut >= 0, whole.matched(), () -> text + " " + stops);
      String all = shown + (whole.matched() ? "" : whole.finish());
      assertTrue(text.toString().startsWith(all));
      if (cut < 0) {
        assertEquals(text.toString(), all);
        assertNull(whole.stop());
      } else {
        assertTrue(stops.contains(whole.stop()));
        assertTrue(text.toString().startsWith(all + whole.stop()));
        stops.forEach(stop -> assertFalse(all.contains(stop)));
      }
    }
  }

  @Test
  void aStopStringBeforeTheMinimumIsText() {
    StopMatcher matcher = new StopMatcher(List.of("##"));
    assertEquals("a##b", matcher.add("a##b", false));
    assertEquals("c", matcher.add("c#", true));
    assertEquals("", matcher.add("#d", true));
    assertTrue(matcher.matched());
  }

  /** Against a second stream that never saw the tokens that were dropped. */
  @Test
  void aRewoundTextIsThatOfTheTokensLeft(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      int[] alphabet = tokenizer.encode("aé京🤗#", false);
      for (int round = 0; round < 100; round++) {
        List<String> stops = List.of("##", "京京", "a\uFFFDa");
        int armedFrom = random.nextInt(30);
        int[] context = round % 3 == 0 ? tokenizer.encode("before é", false) : new int[0];
        TextStream rewound = new TextStream(tokenizer, stops, armedFrom);
        rewound.precede(context);
        List<Integer> tokens = new ArrayList<>();
        List<String> pieces = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
          if (random.nextInt(8) == 0) {
            if (random.nextBoolean()) {
              rewound.finish();
            }
            int n = random.nextInt(tokens.size() + 1);
            rewound.rewind(n);
            tokens.subList(tokens.size() - n, tokens.size()).clear();
            pieces.subList(pieces.size() - n, pieces.size()).clear();
          }
          int token = alphabet[random.nextInt(alphabet.length)];
          tokens.add(random.nextInt(20) == 0 ? -1 : token);
          pieces.add(add(rewound, tokens.get(tokens.size() - 1)));
        }
        TextStream straight = new TextStream(tokenizer, stops, armedFrom);
        straight.precede(context);
        List<String> expected = new ArrayList<>();
        tokens.forEach(t -> expected.add(add(straight, t)));
        assertEquals(expected, pieces, "seed " + seed + " round " + round);
        assertEquals(straight.stopped(), rewound.stopped());
        assertEquals(straight.stop(), rewound.stop());
        assertEquals(straight.finish(), rewound.finish());
      }
    }
  }

  private static String add(TextStream stream, int token) {
    if (token >= 0) {
      return stream.add(token);
    }
    stream.addEnd();
    return "";
  }
}
