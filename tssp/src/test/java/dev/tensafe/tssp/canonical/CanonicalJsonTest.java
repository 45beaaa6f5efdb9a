package dev.tensafe.tssp.canonical;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalJsonTest {
  private static byte[] canonical(String json) throws IOException {
    return CanonicalJson.write(new ObjectMapper().readTree(json));
  }

  /** RFC 8785 section 3.2.3, the sorting example. */
  @Test
  void sortsByUtf16CodeUnits() throws IOException {
    String input =
        "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
            + "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
            + "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
            + "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}";
    assertEquals(
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
            + "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
            + "\"\ud83d\ude00\":\"Emoji: Grinning Face\","
            + "\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
        new String(canonical(input), UTF_8));
  }

  /**
   * RFC 8785 section 3.2.2 with the bytes of section 3.2.4, its reals left out: those are refused
   * here.
   */
  @Test
  void writesStringsAndLiteralsAsTheStandardPrintsThem() throws IOException {
    String input =
        "{\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\","
            + "\"literals\": [null, true, false]}";
    assertArrayEquals(
        HexFormat.of()
            .parseHex(
                "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c"
                    + "22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d"),
        canonical(input));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[333333333.33333329]", // RFC 8785 section 3.2.2
        "[1E30]",
        "[5e5555555555]",
        "[4.50]",
        "[1.0]",
        "[-1]",
        "[9007199254740992]",
        "[99999999999999999999999999]",
        "{\"b\":1,\"a\":2}",
        "{\"a\":1,\"a\":1}",
        "{\"a\": 1}",
        "[1] ",
        "[1][2]",
        " [1]",
        "[01]",
        "[\"\\u0041\"]",
        "[\"\\/\"]",
        "[\"\\ud800\"]",
        "[\"\u0001\"]",
        "[1",
        "",
        "nonsense",
        "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]",
        "\ufeff[1]",
      })
  void anythingElseIsRefused(String json) {
    TsspException e =
        assertThrows(
            TsspException.class,
            () -> CanonicalJson.parse(json.getBytes(UTF_8), "this", Reason.MANIFEST_INVALID));
    assertEquals(Reason.MANIFEST_INVALID, e.reason());
  }

  @Test
  void rawBytesThatAreNoUtf8AreRefused() {
    for (String hex : new String[] {"225bff22", "22c08022", "22eda08022", "ff", "00", "fffe5b00"}) {
      assertThrows(
          TsspException.class,
          () -> CanonicalJson.parse(HexFormat.of().parseHex(hex), "this", Reason.MANIFEST_INVALID),
          hex);
    }
  }

  @Test
  void whatIsWrittenIsAccepted() throws IOException {
    for (String json :
        new String[] {
          "{}",
          "[]",
          "0",
          "9007199254740991",
          "\"\"",
          "{\"\":[{},[],null]}",
          "\"\u007f\u2028\ufffe\""
        }) {
      byte[] bytes = canonical(json);
      assertEquals(json, new String(bytes, UTF_8));
      CanonicalJson.parse(bytes, "this", Reason.MANIFEST_INVALID);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> CanonicalJson.write(JsonNodeFactory.instance.numberNode(0.5)));
  }

  /** DSSE protocol 1.0, the example of "PAE". */
  @Test
  void preAuthenticationEncodingIsDsses() {
    assertEquals(
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
        new String(
            PreAuthenticationEncoding.of(
                "http://example.com/HelloWorld", "hello world".getBytes(UTF_8)),
            UTF_8));
    assertEquals(
        "DSSEv1 2 \u00e4 0 ",
        new String(PreAuthenticationEncoding.of("\u00e4", new byte[0]), UTF_8));
  }
}
