package dev.tensafe.server.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Values that are not written as JSON. What is right for Python was found out with Python. */
class LiteralTest {
  private static String python(String literal) {
    StringBuilder json = new StringBuilder();
    assertTrue(PythonValue.convert(literal, json), literal);
    return json.toString();
  }

  @Test
  void pythonBecomesJson() {
    Map<String, String> cases =
        Map.ofEntries(
            Map.entry("'it''s'".replace("''", "\\'"), "\"it's\""),
            Map.entry("\"a\\x41\\u00e9\\101\\0\"", "\"aA\u00e9A\\u0000\""),
            Map.entry("'\\U0001F600'", "\"\ud83d\ude00\""),
            Map.entry("'\\ud83d\\ude00'", "\"\\ud83d\\ude00\""),
            Map.entry("'\\d \\q \\\\ \\\n|'", "\"\\\\d \\\\q \\\\ |\""),
            Map.entry("'\\a\\v\"'", "\"\\u0007\\u000b\\\"\""),
            Map.entry("[1,2 ,  3,]", "[1, 2, 3]"),
            Map.entry("(1, 'a')", "[1, \"a\"]"),
            Map.entry("{'a':{},'b':[ ],}", "{\"a\": {}, \"b\": []}"),
            Map.entry("{1: True, 'x': None}", "{\"1\": true, \"x\": null}"),
            Map.entry("[true, false, null]", "[true, false, null]"),
            Map.entry("-1_000", "-1000"),
            Map.entry(".5", "0.5"),
            Map.entry("5.", "5.0"),
            Map.entry("+1e-3", "1e-3"),
            Map.entry("''", "\"\""));
    cases.forEach(
        (literal, json) -> {
          assertEquals(json, python(literal), literal);
          ReadAnswer.json(json);
        });
  }

  @Test
  void whatIsNoLiteralIsNone() {
    for (String text :
        List.of(
            "",
            "a",
            "0x10",
            "01",
            "[1 2]",
            "[1,,2]",
            "[,]",
            "{'a'}",
            "{'a': }",
            "{'a' 1}",
            "[1}",
            "f'x'",
            "'a' 'b'",
            "1 2",
            "'\\x4'",
            "'\\U00110000'",
            "[",
            "'",
            "-",
            "{[1]: 2}",
            "1.2.3",
            "{'a': 1 'b': 2}",
            "]")) {
      assertFalse(PythonValue.convert(text, new StringBuilder()), text);
    }
  }

  private static String parameter(String name, String value) {
    String tool =
        switch (name) {
          case "city", "days", "unit" -> "get_weather";
          case "code", "timeout", "dry" -> "run-code";
          case "text", "meta" -> "note_2";
          default -> "search";
        };
    String text =
        "<tool_call>\n<function="
            + tool
            + ">\n<parameter="
            + name
            + ">\n"
            + value
            + "\n</parameter>\n</function>\n</tool_call>";
    ReadAnswer read = ReadAnswer.of("qwen3_coder", Thinking.NONE, List.of(text));
    assertEquals("", read.content(), text);
    String begin = "{\"" + name + "\": ";
    String arguments = read.calls().get(0).arguments();
    assertTrue(arguments.startsWith(begin) && arguments.endsWith("}"), arguments);
    return arguments.substring(begin.length(), arguments.length() - 1);
  }

  @Test
  void aParameterIsWhatItsSchemaSays() {
    assertEquals("\"5\"", parameter("city", "5"));
    assertEquals("\"null\"", parameter("city", "null"));
    assertEquals("\"\"", parameter("city", ""));
    assertEquals("\"\\n\\n\"", parameter("city", "\n\n"));
    assertEquals("\" </parameter \\n<\"", parameter("city", " </parameter \n<"));
    assertEquals("5", parameter("days", " 5 "));
    assertEquals("5", parameter("limit", "5"));
    assertEquals("\"five\"", parameter("days", "five"));
    assertEquals("true", parameter("dry", "True"));
    assertEquals("1.50", parameter("timeout", "1.50"));
    assertEquals("null", parameter("text", "null"));
    assertEquals("\"nul\"", parameter("text", "nul"));
    assertEquals("\"nullify\"", parameter("text", "nullify"));
    assertEquals("{\"a\":  1}", parameter("filters", "{\"a\":  1}"));
    assertEquals("{\"a\": [true]}", parameter("filters", "{'a': [True]}"));
    assertEquals("null", parameter("meta", "None"));
    assertEquals("\"C\"", parameter("unit", "C"));
    assertEquals("\"7\"", parameter("unheard", "7"));
  }

  /** The closing mark within a string of JSON is part of it. */
  @Test
  void aMarkWithinJsonIsNone() {
    String value = "[\"a\", \"\\\"\\n</parameter>\\n</function>\"]";
    assertEquals(value, parameter("tags", value));
    assertEquals("\"it's \\\"\"", parameter("days", "it's \""));
  }
}
