package dev.tensafe.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.tokenizer.TokenizerConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings beside tokenizer.json come to the tokens that Transformers 5 would make of them. */
class TokenizerSettingsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path directory;
  private ObjectNode tokenizer;
  private ObjectNode config;
  private String bos;
  private String eos;
  private int bosId;
  private int eosId;

  @BeforeEach
  void write() throws IOException {
    SyntheticModel.write(directory, SyntheticModel.llama(16, 16, 1, 1, 1, 300, 16), DType.F32, 1);
    tokenizer = read("tokenizer.json");
    config = read("tokenizer_config.json");
    bos = config.path("bos_token").asText();
    eos = config.path("eos_token").asText();
    bosId = tokenizer.at("/model/vocab").path(bos).intValue();
    eosId = tokenizer.at("/model/vocab").path(eos).intValue();
  }

  private ObjectNode read(String name) throws IOException {
    return (ObjectNode) MAPPER.readTree(directory.resolve(name).toFile());
  }

  private void write(String name, JsonNode value) throws IOException {
    Files.write(directory.resolve(name), MAPPER.writeValueAsBytes(value));
  }

  private int[] encode(String text) throws IOException {
    write("tokenizer.json", tokenizer);
    write("tokenizer_config.json", config);
    try (Tokenizer loaded = Tokenizer.load(directory)) {
      return loaded.encode(text, true);
    }
  }

  @Test
  void tokensAroundATextAreThoseThatAreAskedFor() throws IOException {
    assertArrayEquals(new int[] {'a'}, encode("a"));
    config.put("add_bos_token", true);
    assertArrayEquals(new int[] {bosId, 'a'}, encode("a"));
    config.put("add_eos_token", true);
    assertArrayEquals(new int[] {bosId, 'a', eosId}, encode("a"));
    config.put("add_bos_token", false);
    assertArrayEquals(new int[] {'a', eosId}, encode("a"));
    config.putNull("add_bos_token").put("add_eos_token", false);
    assertArrayEquals(new int[] {'a'}, encode("a"), "null is false");
  }

  @Test
  void eitherSettingReplacesTheTokenizersOwn() throws IOException {
    config.put("add_bos_token", true).put("add_eos_token", true);
    ObjectNode applied = tokenizer.deepCopy();
    write("tokenizer_config.json", config);
    TokenizerSettings.apply(applied, TokenizerConfig.read(directory));
    tokenizer = applied;
    config.remove("add_bos_token");
    config.remove("add_eos_token");
    assertArrayEquals(new int[] {bosId, 'a', eosId}, encode("a"), "none: the tokenizer's own");
    config.put("add_bos_token", true);
    assertArrayEquals(new int[] {bosId, 'a'}, encode("a"), "the other one is then false");
  }

  @Test
  void aTokenThatIsToBeAddedAndHasNoIdIsRefused() {
    config.put("add_bos_token", true).put("bos_token", "<none>");
    CodedException refused = assertThrows(CodedException.class, () -> encode("a"));
    assertEquals("tokenizer.unsupported", refused.code());
    assertTrue(refused.getMessage().contains("bos_token"), refused.getMessage());
  }

  @Test
  void theMapGoesBeforeTheConfigOnlyWhereThatHasNoDecoder() throws IOException {
    config.put("add_bos_token", true);
    write("special_tokens_map.json", MAPPER.createObjectNode().put("bos_token", eos));
    assertArrayEquals(new int[] {eosId, 'a'}, encode("a"));
    config.putObject("added_tokens_decoder");
    assertArrayEquals(new int[] {bosId, 'a'}, encode("a"));
  }

  @Test
  void flagsOfTheDecoderGoBeforeThoseOfTheTokenizer() throws IOException {
    assertArrayEquals(new int[] {'a', ' ', eosId, ' ', 'b'}, encode("a " + eos + " b"));
    ObjectNode token = config.putObject("added_tokens_decoder").putObject(Integer.toString(eosId));
    token.put("content", eos).put("lstrip", true).put("rstrip", true).put("special", true);
    assertArrayEquals(new int[] {'a', eosId, 'b'}, encode("a " + eos + " b"));
  }

  /** A special token that is in the vocabulary alone is found in texts all the same. */
  @Test
  void aSpecialTokenThatWasNotAddedIs() throws IOException {
    ArrayNode added = (ArrayNode) tokenizer.path("added_tokens");
    for (Iterator<JsonNode> all = added.elements(); all.hasNext(); ) {
      if (all.next().path("content").asText().equals(eos)) {
        all.remove();
      }
    }
    assertArrayEquals(new int[] {'a', eosId}, encode("a" + eos));
    config.putArray("extra_special_tokens").add("<nowhere>");
    assertArrayEquals(new int[] {'a', eosId}, encode("a" + eos), "one without an id is left out");
  }

  @Test
  void aTokenOfTheDecoderThatTheTokenizerLacksIsAdded() throws IOException {
    ObjectNode decoder = config.putObject("added_tokens_decoder");
    decoder.putObject("300").put("content", "<extra>").put("lstrip", false).put("special", false);
    assertArrayEquals(new int[] {'a', 300, 'b'}, encode("a<extra>b"));
    decoder.remove("300");
    decoder.putObject("5").put("content", "<gap>");
    assertEquals(7, encode("a<gap>b").length, "its id is taken: it is left out");
    config.put("add_bos_token", "true");
    assertEquals(bosId, encode("a")[0]);
  }

  /** Decoding a token that became empty would end the process. */
  @Test
  void aDecoderThatStripsEndsIsRefused() {
    ObjectNode sequence = tokenizer.putObject("decoder").put("type", "Sequence");
    sequence
        .putArray("decoders")
        .addObject()
        .put("type", "Strip")
        .put("content", " ")
        .put("start", 0)
        .put("stop", 1);
    assertEquals(
        "tokenizer.unsupported", assertThrows(CodedException.class, () -> encode("a")).code());
  }

  @Test
  void aSpaceBeforeTextsIsAddedAsTheConfigSays() throws IOException {
    assertArrayEquals(new int[] {'a'}, encode("a"));
    config.put("add_prefix_space", true);
    assertArrayEquals(new int[] {' ', 'a'}, encode("a"));
    config.putNull("add_prefix_space");
    assertArrayEquals(new int[] {'a'}, encode("a"));
    config.put("add_prefix_space", false);
    tokenizer.putObject("normalizer").put("type", "Prepend").put("prepend", "_");
    tokenizer.putNull("pre_tokenizer");
    assertEquals(
        "tokenizer.unsupported", assertThrows(CodedException.class, () -> encode("a")).code());
  }

  @Test
  void whatWouldMakeOtherTokensAndIsNotBuiltIsRefusedByName() {
    for (String name : new String[] {"split_special_tokens", "fix_mistral_regex"}) {
      config.removeAll();
      config.put(name, true);
      CodedException refused = assertThrows(CodedException.class, () -> encode("a"));
      assertEquals("tokenizer.unsupported", refused.code());
      assertTrue(refused.getMessage().contains(name), refused.getMessage());
    }
  }

  @Test
  void templatesGetTheTextsOfAllNamedTokens() throws IOException {
    config.removeAll();
    config.put("bos_token", "<b>").putNull("pad_token").put("image_token", "<i>");
    config.putObject("eos_token").put("content", "<e>").put("lstrip", false);
    config.putObject("extra_special_tokens").put("tool_open", "<t>");
    write("tokenizer_config.json", config);
    write("special_tokens_map.json", MAPPER.createObjectNode().put("bos_token", "<B>"));
    assertEquals(
        "{bos_token=<B>, eos_token=<e>, image_token=<i>, tool_open=<t>}",
        TokenizerConfig.read(directory).named().toString());
  }
}
