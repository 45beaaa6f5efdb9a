package dev.tensafe.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.testkit.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes of single tokens against what the library decodes of all of them. */
class TokenBytesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int SYNTHETIC_IDS = 300;

  @ParameterizedTest
  @CsvSource({
    "models/stories260K-hf-f32",
    "fixtures/tokenizers/phi-2",
    "fixtures/tokenizers/phi-3-mini"
  })
  void joinedBytesOfSharedTokenizersAreTheDecodedText(String directory) throws IOException {
    boolean strips = !directory.endsWith("phi-2");
    int tried = 0;
    try (Tokenizer tokenizer = Tokenizer.load(Shared.path(directory))) {
      for (JsonNode input : Shared.json("fixtures/tokenizer-inputs.json")) {
        for (boolean special : new boolean[] {false, true}) {
          int[] ids = tokenizer.encode(input.asText(), special);
          String decoded = tokenizer.decode(ids, false);
          String joined = new String(joined(tokenizer, ids), UTF_8);
          // SentencePiece's leading space, where no special token precedes it
          boolean leading = strips && joined.startsWith(" ");
          assertEquals(decoded, leading ? joined.substring(1) : joined);
          tried++;
        }
      }
    }
    assertTrue(tried > 20, tried + " inputs");
  }

  @Test
  void joinedBytesOfTheSyntheticTokenizerAreTheText(@TempDir Path dir) throws IOException {
    long seed = System.nanoTime();
    System.out.println("TokenBytesTest seed " + seed);
    Random random = new Random(seed);
    try (Tokenizer tokenizer = synthetic(dir)) {
      for (int i = 0; i < 200; i++) {
        String text = text(random) + (i % 3 == 0 ? "<|im_end|>" : "");
        int[] ids = tokenizer.encode(text, false);
        assertArrayEquals(text.getBytes(UTF_8), joined(tokenizer, ids));
        assertEquals(tokenizer.decode(ids, false), new String(joined(tokenizer, ids), UTF_8));
      }
    }
  }

  @Test
  void aTokenMayBePartOfACharacterAndASpecialOneIsItsText(@TempDir Path dir) throws IOException {
    try (Tokenizer tokenizer = synthetic(dir)) {
      for (int value = 0; value < 256; value++) {
        assertArrayEquals(new byte[] {(byte) value}, tokenizer.bytes(value));
      }
      assertArrayEquals("<|endoftext|>".getBytes(UTF_8), tokenizer.bytes(256));
      assertArrayEquals(" w12b".getBytes(UTF_8), tokenizer.bytes(SYNTHETIC_IDS - 1));
    }
  }

  @ParameterizedTest
  @CsvSource({"-1", "300", "2147483647", "-2147483648"})
  void anIdWithoutATokenIsRefused(int id, @TempDir Path dir) throws IOException {
    try (Tokenizer tokenizer = synthetic(dir)) {
      CodedException e = assertThrows(CodedException.class, () -> tokenizer.bytes(id));
      assertEquals("tokenizer.unknown_token", e.code());
      assertTrue(e.getMessage().contains("299"), e.getMessage());
    }
  }

  @Test
  void sentencePieceTokensAreReadAsTheirDecoderReadsThem() throws IOException {
    TokenBytes bytes =
        TokenBytes.of(
            json(
                "{'model':{'vocab':{'<unk>':0,'<0x0A>':1,'▁▁a':2,'<0xZZ>':3,'<0xe9>':4}},"
                    + "'added_tokens':[{'id':7,'content':'<｜end▁of｜>'}],"
                    + "'decoder':{'type':'Sequence','decoders':["
                    + "{'type':'Replace','pattern':{'String':'▁'},'content':' '},"
                    + "{'type':'ByteFallback'},{'type':'Fuse'},"
                    + "{'type':'Strip','content':' ','start':1,'stop':0}]}}"));
    assertArrayEquals(new byte[] {'\n'}, bytes.get(1));
    assertArrayEquals("  a".getBytes(UTF_8), bytes.get(2));
    assertArrayEquals("<0xZZ>".getBytes(UTF_8), bytes.get(3));
    assertArrayEquals(new byte[] {(byte) 0xe9}, bytes.get(4));
    assertArrayEquals("<｜end of｜>".getBytes(UTF_8), bytes.get(7));
    assertThrows(CodedException.class, () -> bytes.get(5), "a gap");
  }

  @Test
  void unigramVocabulariesAreListsAndMetaspaceIsASpace() throws IOException {
    TokenBytes bytes =
        TokenBytes.of(
            json(
                "{'model':{'vocab':[['<unk>',0.0],['▁the',-1.5]]},"
                    + "'decoder':{'type':'Metaspace','replacement':'▁'}}"));
    assertArrayEquals(" the".getBytes(UTF_8), bytes.get(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':'WordPiece','prefix':'##'}",
        "{'type':'Sequence','decoders':[{'type':'Fuse'},{'type':'Replace','pattern':{'String':'a'},'content':'b'}]}",
        "{'type':'Replace','pattern':{'Regex':'a+'},'content':'b'}",
        "null",
      })
  void aDecoderThatLooksAtNeighboursIsRefused(String decoder) throws IOException {
    JsonNode file = json("{'model':{'vocab':{'a':0}},'decoder':" + decoder + "}");
    CodedException e = assertThrows(CodedException.class, () -> TokenBytes.of(file));
    assertEquals("tokenizer.bytes_unsupported", e.code());
  }

  @ParameterizedTest
  @CsvSource({"2147483647", "-1"})
  void aDamagedIdIsRefusedBeforeMemoryIsTaken(int id) throws IOException {
    JsonNode file = json("{'model':{'vocab':{'a':" + id + "}},'decoder':{'type':'ByteLevel'}}");
    CodedException e = assertThrows(CodedException.class, () -> TokenBytes.of(file));
    assertEquals("tokenizer.invalid", e.code());
  }

  private static Tokenizer synthetic(Path dir) throws IOException {
    ObjectNode config = SyntheticModel.llama(8, 8, 1, 1, 1, SYNTHETIC_IDS, 16);
    SyntheticModel.write(dir, config, DType.F32, 1);
    return Tokenizer.load(dir);
  }

  private static JsonNode json(String text) throws IOException {
    return MAPPER.readTree(text.replace('\'', '"'));
  }

  private static String text(Random random) {
    StringBuilder out = new StringBuilder();
    int[] limits = {0x80, 0x800, 0xd800, 0x1f600};
    for (int n = random.nextInt(20); n >= 0; n--) {
      out.appendCodePoint(1 + random.nextInt(limits[random.nextInt(limits.length)] - 1));
    }
    // lone surrogates are no text
    return new String(out.toString().getBytes(UTF_8), UTF_8);
  }

  private static byte[] joined(Tokenizer tokenizer, int[] ids) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int id : ids) {
      out.writeBytes(tokenizer.bytes(id));
    }
    return out.toByteArray();
  }
}
