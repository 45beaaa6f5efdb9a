package dev.tensafe.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenReachTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A byte-level vocabulary whose longest token has seven bytes. */
  private static ObjectNode byteLevel() {
    ObjectNode out = MAPPER.createObjectNode();
    ObjectNode model = out.putObject("model").put("type", "BPE");
    for (int value = 0; value < 256; value++) {
      model.withObject("vocab").put(ByteAlphabet.of(value), value);
    }
    model.withObject("vocab").put("\u0120the\u0120\u0120\u0120", 256);
    out.putObject("pre_tokenizer").put("type", "ByteLevel");
    return out;
  }

  /** One with tokens for the bytes of what it has no token for; the longest has twelve bytes. */
  private static ObjectNode byteFallback() {
    ObjectNode out = MAPPER.createObjectNode();
    ObjectNode model = out.putObject("model").put("type", "BPE").put("byte_fallback", true);
    for (int value = 0; value < 256; value++) {
      model.withObject("vocab").put(String.format(Locale.ROOT, "<0x%02X>", value), value);
    }
    model.withObject("vocab").put("\u2581evening\u00e9", 256);
    return out;
  }

  private static OptionalLong with(ObjectNode tokenizer, String part, String json)
      throws JsonProcessingException {
    tokenizer.set(part, MAPPER.readTree(json.replace('\'', '"')));
    return TokenReach.of(tokenizer);
  }

  @Test
  void aTokenReachesAsFarAsTheLongest() throws Exception {
    assertEquals(OptionalLong.of(7), TokenReach.of(byteLevel()));
    assertEquals(OptionalLong.of(12), TokenReach.of(byteFallback()));
    String added = "[{'id': 257, 'content': '<|end_of_turn|>'}]";
    assertEquals(OptionalLong.of(15), with(byteLevel(), "added_tokens", added));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7|{'type':'Prepend','prepend':'x'}",
        "112|{'type':'NFC'}",
        "7|{'type':'Replace','pattern':{'String':' '},'content':'\u2581'}",
        "14|{'type':'Replace','pattern':{'String':'abc'},'content':'xy'}",
        "224|{'type':'Sequence','normalizers':[{'type':'NFC'},"
            + "{'type':'Replace','pattern':{'String':'ab'},'content':'x'}]}",
      })
  void whatIsShrunkCountsAsMuchMore(long bytes, String normalizer) throws Exception {
    assertEquals(OptionalLong.of(bytes), with(byteLevel(), "normalizer", normalizer));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'Strip'}",
        "{'type':'StripAccents'}",
        "{'type':'NFKC'}",
        "{'type':'Precompiled'}",
        "{'type':'Replace','pattern':{'String':'a'},'content':''}",
        "{'type':'Replace','pattern':{'Regex':' +'},'content':' '}",
        "{'type':'Sequence','normalizers':[{'type':'NFC'},{'type':'Lowercase'}]}",
      })
  void nothingIsSaidWhereANormalizerMayDropText(String normalizer) throws Exception {
    assertEquals(OptionalLong.empty(), with(byteLevel(), "normalizer", normalizer));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'Whitespace'}",
        "{'type':'WhitespaceSplit'}",
        "{'type':'BertPreTokenizer'}",
        "{'type':'Sequence','pretokenizers':[{'type':'ByteLevel'},"
            + "{'type':'Split','pattern':{'String':' '},'behavior':'Removed'}]}",
      })
  void nothingIsSaidWhereSplittingDropsText(String splitter) throws Exception {
    assertEquals(OptionalLong.empty(), with(byteFallback(), "pre_tokenizer", splitter));
  }

  @Test
  void nothingIsSaidWhereTextMayBeUnknown() throws Exception {
    ObjectNode missing = byteFallback();
    missing.withObject("model").withObject("vocab").remove("<0x41>");
    assertEquals(OptionalLong.empty(), TokenReach.of(missing));
    ObjectNode without = byteFallback();
    without.withObject("model").put("byte_fallback", false);
    assertEquals(OptionalLong.empty(), TokenReach.of(without));
    ObjectNode words = byteLevel();
    words.withObject("model").put("type", "WordPiece");
    assertEquals(OptionalLong.empty(), TokenReach.of(words));
    ObjectNode suffixed = byteLevel();
    suffixed.withObject("model").put("end_of_word_suffix", "</w>");
    assertEquals(OptionalLong.empty(), TokenReach.of(suffixed));
  }

  @Test
  void nothingIsSaidWhereATokenTakesTheSpacesAroundIt() throws Exception {
    String added = "[{'id': 257, 'content': '<|end|>', 'rstrip': true}]";
    assertEquals(OptionalLong.empty(), with(byteLevel(), "added_tokens", added));
  }
}
