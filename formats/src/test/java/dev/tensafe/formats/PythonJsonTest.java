package dev.tensafe.formats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PythonJsonTest {
  private static JsonNode parse(String text) {
    return PythonJson.parseObject(text.getBytes(UTF_8), "config.json", "model");
  }

  @Test
  void whatPythonWritesIsRead() {
    JsonNode node =
        parse(
            "{\"nan\": NaN, \"inf\": Infinity, \"minus\": [-Infinity], \"lone\": \"\\ud83d\","
                + " \"pair\": \"\\ud83d\\ude00\", \"big\": "
                + "9".repeat(4300)
                + ", \"small\": 1e-05, \"endless\": 5e5555555555, \"long\": 0."
                + "3".repeat(4000)
                + ", \"\\ud83d\": 1, \"a\\udc00\\ud83db\": {\"\\ud83d\\ude00\": 2}}\n");
    assertTrue(Double.isNaN(node.path("nan").doubleValue()));
    assertEquals(Double.POSITIVE_INFINITY, node.path("inf").doubleValue());
    assertEquals(Double.NEGATIVE_INFINITY, node.path("minus").path(0).doubleValue());
    assertEquals("\ud83d", node.path("lone").textValue());
    assertEquals("\ud83d\ude00", node.path("pair").textValue());
    assertTrue(node.path("big").isIntegralNumber() && !node.path("big").canConvertToInt());
    assertEquals(new BigDecimal("0.00001"), node.path("small").decimalValue());
    assertEquals(Double.POSITIVE_INFINITY, node.path("endless").doubleValue());
    assertTrue(node.path("long").isNumber());
    assertEquals(1, node.path("\ud83d").intValue());
    assertEquals(2, node.path("a\udc00\ud83db").path("\ud83d\ude00").intValue());
  }

  @Test
  void aRepeatedKeyHasNoValueThatAReaderCouldTake() {
    JsonNode node = parse("{\"a\": 1, \"b\": 2, \"a\": 3, \"a\": 4}");
    assertTrue(PythonJson.isRepeated(node.path("a")));
    assertFalse(PythonJson.isRepeated(node.path("b")));
    assertFalse(node.path("a").isNumber() || node.path("a").isTextual() || node.path("a").isNull());
    assertEquals(2, node.path("b").intValue());
  }

  @Test
  void whatWasReadCanBeWrittenAgain() {
    JsonNode node =
        parse(
            "{\"a\": NaN, \"b\": \"\\ud83d\", \"\\ud83d\": 7, \"c\": 1, \"c\": 2, \"d\": -Infinity}");
    JsonNode again = PythonJson.parseObject(PythonJson.write(node), "config.json", "model");
    assertTrue(Double.isNaN(again.path("a").doubleValue()));
    assertEquals("\ud83d", again.path("b").textValue());
    assertTrue(again.path("c").isNull());
    assertEquals(7, again.path("\ud83d").intValue());
    assertEquals(Double.NEGATIVE_INFINITY, again.path("d").doubleValue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "[]", "1", "NaN", "{} {}", "{} x", "{\"a\":}", "{'a':1}", "{\"a\":1,}"})
  void whatPythonDoesNotWriteIsRefused(String text) {
    FormatException e = assertThrows(FormatException.class, () -> parse(text));
    assertEquals("model.invalid_json", e.code());
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    byte[] surrogate = {'{', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', ':', '1', '}'};
    FormatException e =
        assertThrows(
            FormatException.class, () -> PythonJson.parseObject(surrogate, "config.json", "model"));
    assertEquals("model.invalid_json", e.code());
    assertTrue(e.description().contains("UTF-8"), e.description());
    assertEquals(1, parse("\ufeff{\"a\": 1}").path("a").intValue());
  }

  @Test
  void nestingIsBounded() {
    assertThrows(
        FormatException.class, () -> parse("{\"a\":" + "[".repeat(70) + "]".repeat(70) + "}"));
  }
}
