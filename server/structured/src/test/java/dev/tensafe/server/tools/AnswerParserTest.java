package dev.tensafe.server.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Recorded answers, cut in every way; what their events join to is known from how they are made.
 */
class AnswerParserTest {
  @Test
  void whatIsSaidIsReadWhole() {
    List<Recorded> all = Recorded.all();
    for (Recorded answer : all) {
      ReadAnswer read = answer.read(List.of(answer.text()));
      String of = answer.format() + ": " + answer.text();
      assertEquals(answer.calls(), read.said(), of);
      assertEquals(answer.content(), read.content(), of);
      assertEquals(answer.reasoning(), read.reasoning(), of);
      assertTrue(read.calls().stream().allMatch(ReadAnswer.Call::ended), of);
    }
    assertTrue(all.size() >= MIN_ANSWERS, () -> all.size() + " answers");
  }

  private static final int MIN_ANSWERS = 200;

  @Test
  void everyCutInTwoAndInCharactersJoinsToTheSame() {
    for (Recorded answer : Recorded.all()) {
      String text = answer.text();
      List<AnswerEvent> whole = answer.read(List.of(text)).joined();
      List<Integer> places = Recorded.places(text);
      for (int place : places) {
        List<String> pieces = Recorded.cut(text, List.of(place));
        assertEquals(whole, answer.read(pieces).joined(), () -> pieces.toString());
      }
      assertEquals(whole, answer.read(Recorded.cut(text, places)).joined(), text);
    }
  }

  @Test
  void randomCutsJoinToTheSame() {
    long seed = new Random().nextLong();
    System.out.println("AnswerParserTest seed " + seed);
    Random random = new Random(seed);
    for (Recorded answer : Recorded.all()) {
      List<AnswerEvent> whole = answer.read(List.of(answer.text())).joined();
      for (int i = 0; i < 20; i++) {
        List<String> pieces = Recorded.cut(answer.text(), random);
        assertEquals(whole, answer.read(pieces).joined(), () -> pieces.toString());
      }
    }
  }

  /** Every beginning of an answer, as if its length had run out there. */
  @Test
  void aCutAnswerHasTheArgumentsSoFar() {
    for (Recorded answer : Recorded.all()) {
      for (int place : Recorded.places(answer.text())) {
        String begin = answer.text().substring(0, place);
        ReadAnswer read = answer.read(List.of(begin));
        assertTrue(read.calls().size() <= answer.calls().size(), begin);
        for (int i = 0; i < read.calls().size(); i++) {
          ReadAnswer.Call call = read.calls().get(i);
          Map.Entry<String, String> full = answer.calls().get(i);
          assertEquals(full.getKey(), call.name(), begin);
          assertTrue(full.getValue().startsWith(call.arguments()), begin);
          boolean last = i == read.calls().size() - 1;
          assertTrue(last || full.getValue().equals(call.arguments()), begin);
        }
      }
    }
  }

  /** Another reader, of whole answers: a pattern for what is around, Jackson for the objects. */
  @Test
  void objectsSayWhatJacksonReads() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    Map<String, Pattern> before =
        Map.of(
            "hermes", Pattern.compile("<tool_call>\\s*(?=\\{)"),
            "llama3_json", Pattern.compile("(?=\\{\\s*\"(type|name)\")"),
            "mistral", Pattern.compile("\\[TOOL_CALLS]\\s*(?=\\[)"),
            "json", Pattern.compile("(?=\\{\\s*\"tool_calls\"\\s*:)"));
    for (String format : before.keySet()) {
      for (Recorded answer : Recorded.of(format)) {
        int at = answer.text().lastIndexOf("</think>") < 0 ? 0 : thought(answer);
        Matcher matcher = before.get(format).matcher(answer.text());
        int index = 0;
        List<ReadAnswer.Call> calls = answer.read(List.of(answer.text())).calls();
        while (matcher.find(at)) {
          try (JsonParser parser = mapper.createParser(answer.text().substring(matcher.end()))) {
            JsonNode node = mapper.readTree(parser);
            at = matcher.end() + (int) parser.currentLocation().getCharOffset();
            JsonNode list = node.path("tool_calls");
            for (JsonNode call : node.isArray() ? node : list.isArray() ? list : List.of(node)) {
              ReadAnswer.Call read = calls.get(index++);
              assertEquals(call.get("name").asText(), read.name());
              JsonNode arguments = call.has("arguments") ? call.get("arguments") : null;
              arguments = arguments == null ? call.path("parameters") : arguments;
              arguments = arguments.isMissingNode() ? mapper.createObjectNode() : arguments;
              assertEquals(arguments, mapper.readTree(read.arguments()), answer.text());
            }
          }
        }
        assertEquals(calls.size(), index, answer.text());
      }
    }
  }

  private static int thought(Recorded answer) {
    return answer.reasoning().isEmpty()
        ? 0
        : answer.text().indexOf("</think>", answer.text().indexOf(answer.reasoning()));
  }

  /** Random texts of what formats are made of: nothing is thrown, and no cut matters. */
  @Test
  void textsOfAnyKindAreRead() {
    long seed = new Random().nextLong();
    System.out.println("AnswerParserTest seed " + seed);
    Random random = new Random(seed);
    List<String> formats = List.copyOf(ToolFormats.flags());
    for (int i = 0; i < 20_000; i++) {
      String text = Scraps.text(random);
      String format = formats.get(random.nextInt(formats.size()));
      Thinking thinking = Thinking.values()[random.nextInt(3)];
      ReadAnswer whole = ReadAnswer.of(format, thinking, List.of(text));
      List<String> pieces = Recorded.cut(text, random);
      assertEquals(
          whole.joined(),
          ReadAnswer.of(format, thinking, pieces).joined(),
          () -> format + " " + pieces);
      if (thinking == Thinking.NONE && whole.calls().isEmpty()) {
        assertEquals(text, whole.content(), format);
      }
      Set<String> names = Set.copyOf(ReadAnswer.TOOLS.stream().map(Tool::name).toList());
      assertTrue(whole.calls().stream().allMatch(call -> names.contains(call.name())));
    }
  }
}
