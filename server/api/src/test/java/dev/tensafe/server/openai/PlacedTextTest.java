package dev.tensafe.server.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.text.TextStream;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.testkit.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A text that is divided into prompt and output at a random token: whatever the tokenizer, both
 * parts, the streamed pieces, the reported tokens and their offsets are about the same text.
 */
class PlacedTextTest {
  private static final String[] WORDS = {
    "Once",
    " upon",
    " a",
    " time",
    "  two",
    "\n",
    "é",
    " 東京",
    "🤗",
    "👩‍👩‍👧",
    " Ωmega",
    "x",
    "\t",
    "'s",
    " ",
    "\uFFFD",
    "ß",
    "<s>",
    "</s>"
  };

  @ParameterizedTest
  @ValueSource(
      strings = {
        "models/stories260K-hf-f32",
        "fixtures/tokenizers/phi-2",
        "fixtures/tokenizers/phi-3-mini"
      })
  void sharedTokenizers(String directory) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(Shared.path(directory))) {
      divide(tokenizer, directory);
    }
  }

  @Test
  void aTokenizerOfBytes(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      divide(tokenizer, "synthetic");
    }
  }

  @Test
  void tokenizersWhoseDecoderLooksAtNeighboursOrStripsTheFirstToken(@TempDir Path dir)
      throws IOException {
    String wordPiece =
        "'normalizer':{'type':'Lowercase'},'pre_tokenizer':{'type':'Whitespace'},"
            + "'model':{'type':'WordPiece','unk_token':'[UNK]','continuing_subword_prefix':'##',"
            + "'max_input_chars_per_word':100,'vocab':{'[UNK]':0,'once':1,'up':2,'##on':3,'a':4}},"
            + "'decoder':{'type':'WordPiece','prefix':'##','cleanup':false}";
    try (Tokenizer tokenizer = loaded(dir, wordPiece)) {
      EchoedPrompt echo = echo(tokenizer, "Once upon A", false);
      assertEquals("Once upon A", echo.text());
      assertEquals(List.of("Once ", "up", "on ", "A"), List.of(echo.tokens()));
      assertEquals("[0, 5, 7, 10]", Arrays.toString(echo.offsets()));
      continued(tokenizer, new int[] {1, 2, 3, 4}, 2, "once up", "on a");
    }
    String metaspace =
        "'pre_tokenizer':{'type':'Metaspace','replacement':'▁','prepend_scheme':'always'},"
            + "'model':{'type':'Unigram','unk_id':0,'vocab':"
            + "[['<unk>',0],['▁once',-1],['▁up',-2],['on',-3],['▁',-4]]},"
            + "'decoder':{'type':'Metaspace','replacement':'▁','prepend_scheme':'always'}";
    try (Tokenizer tokenizer = loaded(dir, metaspace)) {
      continued(tokenizer, new int[] {1, 2, 3}, 1, "once", " upon");
      continued(tokenizer, new int[] {4, 2, 3}, 1, "", " upon");
    }
  }

  @Test
  void asManyAlternativesAreGivenAsThereAreThoughTheirTextsAreEqual() throws IOException {
    Path model = Shared.path("models/stories260K-hf-f32");
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      int letter = tokenizer.encode("xA", false)[2];
      int[] ids = {3 + 'A', 3 + 0xe2, letter, 3 + 0x82, 3 + 0xac};
      List<TokenLogprob.Alternative> top = new ArrayList<>();
      for (int i = 0; i < ids.length; i++) {
        top.add(new TokenLogprob.Alternative(ids[i], -i));
      }
      PlacedToken sampled =
          new PlacedToken(new TokenLogprob(letter, -2, top), 0, "A", new byte[] {'A'});
      ObjectNode out = JsonBody.object();
      new TokenTexts(tokenizer).putTop(out, sampled);
      assertEquals(
          "{\"token_id:68\":0.0,\"bytes:\\\\xe2\":-1.0,\"A\":-2.0,"
              + "\"bytes:\\\\x82\":-3.0,\"bytes:\\\\xac\":-4.0}",
          out.toString());
    }
  }

  private static void continued(
      Tokenizer tokenizer, int[] ids, int at, String prompt, String output) {
    int[] head = Arrays.copyOf(ids, at);
    TextStream stream = new TextStream(tokenizer, List.of(), 0);
    stream.precede(head);
    StringBuilder text = new StringBuilder();
    for (int i = at; i < ids.length; i++) {
      text.append(stream.add(ids[i]));
    }
    assertEquals(output, text + stream.finish());
    assertEquals(prompt, EchoedPrompt.of(new TokenTexts(tokenizer), head, null, false).text());
    assertEquals(prompt + output, tokenizer.decode(ids, true));
  }

  private static Tokenizer loaded(Path dir, String parts) throws IOException {
    String file = "{'version':'1.0','added_tokens':[]," + parts + "}";
    Files.writeString(dir.resolve("tokenizer.json"), file.replace('\'', '"'));
    return Tokenizer.load(dir);
  }

  private static EchoedPrompt echo(Tokenizer tokenizer, String text, boolean ends) {
    return EchoedPrompt.of(new TokenTexts(tokenizer), tokenizer.encode(text, true), text, ends);
  }

  private static void divide(Tokenizer tokenizer, String name) {
    long seed = System.nanoTime();
    System.out.println("PlacedTextTest " + name + " seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 400; round++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(12); n >= 0; n--) {
        text.append(WORDS[random.nextInt(WORDS.length)]);
      }
      EchoedPrompt whole = echo(tokenizer, text.toString(), true);
      String what = "seed " + seed + " round " + round;
      assertEquals(text.toString(), whole.text(), what);
      agree(tokenizer, tokenizer.encode(text.toString(), true), whole, what);
      int[] ids = tokenizer.encode(text.toString(), true);
      divideTokens(tokenizer, ids, random.nextInt(ids.length) + 1, random, what);
    }
  }

  /** Tokens without text aside, the text of each begins at its offset. */
  private static void agree(Tokenizer tokenizer, int[] ids, EchoedPrompt echo, String what) {
    int[] points = echo.text().codePoints().toArray();
    for (int i = 0; i < ids.length; i++) {
      String token = echo.tokens()[i];
      int from = echo.offsets()[i];
      boolean whole = !token.startsWith("bytes:") && !tokenizer.special(ids[i]);
      if (whole) {
        String there = new String(points, from, points.length - from);
        assertTrue(there.startsWith(token), what + " token " + i);
      }
      assertTrue(i == 0 || from >= echo.offsets()[i - 1], what + " offsets grow");
    }
  }

  private static void divideTokens(
      Tokenizer tokenizer, int[] ids, int at, Random random, String what) {
    TokenTexts texts = new TokenTexts(tokenizer);
    int[] prompt = Arrays.copyOf(ids, at);
    EchoedPrompt echo = EchoedPrompt.of(texts, prompt, null, false);
    String all = EchoedPrompt.of(texts, ids, null, true).text();
    List<String> stops = random.nextBoolean() ? List.of() : List.of("me", "\n", "京");
    TextStream stream = new TextStream(tokenizer, stops, 0);
    stream.precede(prompt);
    int length = echo.text().codePointCount(0, echo.text().length());
    PlacedTokens places = new PlacedTokens(texts, prompt, length, Set.of());
    StringBuilder text = new StringBuilder(echo.text());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    List<PlacedToken> placed = new ArrayList<>();
    for (int i = at; i < ids.length && !stream.stopped(); i++) {
      String piece = stream.add(ids[i]);
      if (i == ids.length - 1 && !stream.stopped()) {
        piece += stream.finish();
      }
      text.append(piece);
      List<TokenLogprob> score = List.of(new TokenLogprob(ids[i], -1, List.of()));
      placed.addAll(places.show(piece, score));
      assertTrue(placed.stream().allMatch(p -> p.offset() < points(text)), "shown before its text");
    }
    placed.addAll(places.rest());
    if (at == ids.length) {
      text.append(stream.finish());
    }
    if (!stream.stopped()) {
      assertEquals(all, text.toString(), what);
    }
    for (PlacedToken token : placed) {
      int from = text.offsetByCodePoints(0, token.offset());
      boolean special = tokenizer.special(token.score().token());
      if (!special && !token.text().startsWith("bytes:") && !stream.stopped()) {
        assertTrue(text.substring(from).startsWith(token.text()), what + " at " + from);
      }
      if (token.text().startsWith("bytes:")) {
        String hex = token.text().substring(8).replace("\\x", "");
        assertEquals(hex, HexFormat.of().formatHex(token.bytes()));
      }
      bytes.writeBytes(token.bytes());
    }
    boolean cleanStart = !all.substring(echo.text().length()).isEmpty() && !stream.stopped();
    if (cleanStart && EchoedPrompt.of(texts, prompt, null, true).text().equals(echo.text())) {
      String joined = bytes.toString(UTF_8);
      assertEquals(text.substring(echo.text().length()), joined, what);
    }
  }

  private static int points(CharSequence text) {
    return Character.codePointCount(text, 0, text.length());
  }
}
