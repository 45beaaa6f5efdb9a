package dev.tensafe.server.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is given when: no later than it is certain, and nothing gets lost. */
class HeldTextTest {
  private static List<AnswerEvent> fed(AnswerParser parser, String text) {
    return parser.feed(text);
  }

  @Test
  void textGoesOutAtOnce() {
    AnswerParser parser = ReadAnswer.parser("hermes", Thinking.NONE);
    for (char c : "Hello,5<".toCharArray()) {
      List<AnswerEvent> events = fed(parser, String.valueOf(c));
      assertEquals(c == '<' ? List.of() : List.of(new AnswerEvent.Content("" + c)), events);
    }
    assertEquals(List.of(new AnswerEvent.Content("<6")), fed(parser, "6 "));
    assertEquals(List.of(new AnswerEvent.Content(" 7")), fed(parser, "7"));
  }

  @Test
  void whatOnlyBeganLikeACallGoesOutWithTheCharacterThatShowsIt() {
    AnswerParser parser = ReadAnswer.parser("hermes", Thinking.NONE);
    assertEquals(List.of(), fed(parser, "<tool_"));
    assertEquals(List.of(new AnswerEvent.Content("<tool_b")), fed(parser, "b"));
    assertEquals(List.of(), fed(parser, "<tool_call>\n{\"name\": \"unknow"));
    assertEquals(
        List.of(new AnswerEvent.Content("<tool_call>\n{\"name\": \"unknown\",")),
        fed(parser, "n\","));
  }

  @Test
  void aCallBeginsWithTheLastCharacterOfItsName() {
    Map<String, String> begins =
        Map.of(
            "hermes", "<tool_call>{\"name\": \"now\"",
            "llama3_json", "{\"name\": \"now\"",
            "mistral", "[TOOL_CALLS] [{\"name\":\"now\"",
            "mistral_args", "[TOOL_CALLS]now[",
            "json", "{\"tool_calls\":[{\"name\":\"now\"");
    begins.forEach(
        (format, text) -> {
          AnswerParser parser = ReadAnswer.parser(format, Thinking.NONE);
          int last = text.length() - 1;
          assertEquals(List.of(), fed(parser, text.substring(0, last)), format);
          List<AnswerEvent> events = fed(parser, text.substring(last));
          assertEquals(List.of(new AnswerEvent.CallBegins(0, "id-0", "now")), events, format);
        });
  }

  @Test
  void argumentsGoOutCharacterByCharacter() {
    AnswerParser parser = ReadAnswer.parser("llama3_json", Thinking.NONE);
    fed(parser, "{\"name\": \"search\", \"parameters\": ");
    String arguments = "{ \"query\":\"a \\\"b\\\" }\\u00e9\", \"limit\" : 1.50 }";
    for (char c : arguments.toCharArray()) {
      assertEquals(List.of(new AnswerEvent.Arguments(0, "" + c)), fed(parser, "" + c));
    }
    assertEquals(List.of(new AnswerEvent.CallEnds(0)), fed(parser, "}"));
    assertEquals(List.of(), parser.end());
    assertEquals(1, parser.calls());
  }

  /** The faults of others: parses that were written anew lost spaces, digits and escapes. */
  @Test
  void argumentsStayAsTheyWereWritten() {
    String arguments =
        "{\"a\":  1.0, \"b\":1e5 ,\"c\":\"\\u00e9\\/\\\"\", \"d\":0.10000000000000000001,"
            + "\"d\":{},\"e\":[ ] , \"f\":12345678901234567890 }";
    for (String format : List.of("hermes", "mistral", "json", "llama3_json")) {
      String call = "{\"name\": \"now\", \"arguments\": " + arguments + "}";
      String text =
          switch (format) {
            case "hermes" -> "<tool_call>\n" + call + "\n</tool_call>";
            case "mistral" -> "[TOOL_CALLS][" + call + "]";
            case "json" -> "{\"tool_calls\": [" + call + "]}";
            default -> call;
          };
      ReadAnswer read = ReadAnswer.of(format, Thinking.NONE, List.of(text));
      assertEquals(List.of(Map.entry("now", arguments)), read.said(), format);
    }
  }

  private static void text(String format, String text) {
    ReadAnswer read = ReadAnswer.of(format, Thinking.NONE, List.of(text));
    assertEquals(List.of(), read.calls(), text);
    assertEquals(text, read.content(), format);
  }

  @Test
  void whatIsNoCallIsText() {
    text("hermes", "<tool_call>\nnow()\n</tool_call>");
    text("hermes", "<tool_call>{\"name\": \"other\", \"arguments\": {}}</tool_call>");
    text("hermes", "<tool_call>{\"arguments\": {}}</tool_call>");
    text("hermes", "<tool_call>{\"name\": 5, \"arguments\": {}}</tool_call>");
    text("hermes", "<tool_call>{\"arguments\": {\"a\": [}, \"name\": \"now\"}");
    text("hermes", "<tool_call>\n{\"na");
    text("hermes", "{\"name\": \"now\", \"arguments\": {}} ");
    text("llama3_json", "{\"n\": 1, \"name\": \"now\", \"parameters\": {}}\n");
    text("llama3_json", "{\"name\": \"now2\", \"parameters\": {}}");
    text("llama3_json", "<|python_tag|>now.call(a=\"b\")");
    text("llama3_json", "; {}; <b>{\"type\": \"function\", \"x\": 1}");
    text("mistral", "[TOOL_CALLS] []");
    text("mistral", "[TOOL_CALLS]now no");
    text("mistral_args", "[TOOL_CALLS]other[ARGS]{}");
    text("json", "{\"tool_calls\": \"none\"}");
    text("json", "{\"tool_calls\": []}");
    text("json", "{{\"tool_calls\": [{\"id\": 1}]}");
  }

  @Test
  void aCallBehindWhatIsNoneIsRead() {
    ReadAnswer read =
        ReadAnswer.of(
            "hermes",
            Thinking.NONE,
            List.of("<tool_call><tool_call>{\"name\": \"now\", \"arguments\": {}}</tool_call>"));
    assertEquals("<tool_call>", read.content());
    assertEquals(List.of(Map.entry("now", "{}")), read.said());
    read =
        ReadAnswer.of("json", Thinking.NONE, List.of("{{\"tool_calls\": [{\"name\": \"now\"}]}"));
    assertEquals("{", read.content());
    assertEquals(List.of(Map.entry("now", "{}")), read.said());
  }

  @Test
  void behindASlipTheRestIsText() {
    ReadAnswer read =
        ReadAnswer.of(
            "hermes",
            Thinking.NONE,
            List.of("<tool_call>{\"name\": \"now\", \"arguments\": {\"a\": [1}}</tool_call> x"));
    assertEquals(List.of(Map.entry("now", "{\"a\": [1")), read.said());
    assertEquals("}}</tool_call> x", read.content());
    read =
        ReadAnswer.of(
            "mistral",
            Thinking.NONE,
            List.of("[TOOL_CALLS][{\"name\": \"now\"}, {\"name\": \"other\"}] x"));
    assertEquals(List.of(Map.entry("now", "{}")), read.said());
    assertEquals(", {\"name\": \"other\"}] x", read.content());
  }

  @Test
  void aMissingCloserDoesNotHideTheNextCall() {
    String call = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n";
    ReadAnswer read = ReadAnswer.of("hermes", Thinking.NONE, List.of(call + call));
    assertEquals(List.of(Map.entry("now", "{}"), Map.entry("now", "{}")), read.said());
    assertEquals("", read.content());
  }

  @Test
  void withoutToolsNothingIsACall() {
    AnswerParser parser =
        new AnswerParser(
            ToolFormats.named("json").orElseThrow(), List.of(), Thinking.POSSIBLE, () -> "id");
    String text = "{\"tool_calls\": [{\"name\": \"now\", \"arguments\": {}}]}  ";
    List<AnswerEvent> events = new ArrayList<>(parser.feed("<think>\nmm\n</think>\n\n" + text));
    events.addAll(parser.end());
    assertEquals(List.of(new AnswerEvent.Reasoning("mm"), new AnswerEvent.Content(text)), events);
  }

  @Test
  void thoughtsEndOnlyWhereTheyAreClosed() {
    ReadAnswer read =
        ReadAnswer.of("hermes", Thinking.OPENED, List.of("\na\n\nb</thin>\n</think>c</think>"));
    assertEquals("a\n\nb</thin>", read.reasoning());
    assertEquals("c</think>", read.content());
    read = ReadAnswer.of("hermes", Thinking.OPENED, List.of("only thoughts </th"));
    assertEquals("only thoughts </th", read.reasoning());
    read = ReadAnswer.of("hermes", Thinking.POSSIBLE, List.of(" \n<thin"));
    assertEquals(" \n<thin", read.content());
    read = ReadAnswer.of("hermes", Thinking.POSSIBLE, List.of("a<think>b</think>"));
    assertEquals("a<think>b</think>", read.content());
  }

  /** A text that looks like calls over and over takes no longer than another of its length. */
  @Test
  void whatWasHeldForLongIsNotReadAgain() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append("<tool_call>{\"arguments\":[");
    }
    text.append('}');
    ReadAnswer read = ReadAnswer.of("hermes", Thinking.NONE, List.of(text.toString()));
    assertEquals(text.toString(), read.content());
    assertTrue(read.calls().isEmpty());
  }
}
