package dev.tensafe.server.tools;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A recorded answer, with what it says by how it was put together.
 *
 * @param calls name and arguments
 */
record Recorded(
    String format,
    Thinking thinking,
    String text,
    String content,
    String reasoning,
    List<Map.Entry<String, String>> calls) {

  static List<Recorded> all() {
    List<Recorded> out = new ArrayList<>();
    for (String format : ToolFormats.flags()) {
      if (ToolFormats.named(format).orElseThrow().flag().equals(format)) {
        out.addAll(of(format));
      }
    }
    return out;
  }

  static List<Recorded> of(String format) {
    List<Recorded> out = new ArrayList<>();
    try (InputStream in = Recorded.class.getResourceAsStream("/answers/" + format + ".jsonl")) {
      if (in == null) {
        throw new AssertionError("no answers of " + format);
      }
      new String(in.readAllBytes(), UTF_8).lines().forEach(line -> out.add(read(line)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out;
  }

  private static Recorded read(String line) {
    JsonNode node = ReadAnswer.json(line);
    List<Map.Entry<String, String>> calls = new ArrayList<>();
    node.get("calls")
        .forEach(c -> calls.add(Map.entry(c.get("name").asText(), c.get("arguments").asText())));
    return new Recorded(
        node.get("format").asText(),
        Thinking.valueOf(node.get("thinking").asText()),
        node.get("text").asText(),
        node.get("content").asText(),
        node.get("reasoning").asText(),
        calls);
  }

  ReadAnswer read(List<String> pieces) {
    return ReadAnswer.of(format, thinking, pieces);
  }

  /** Places where the text may be cut: not within a surrogate pair. */
  static List<Integer> places(String text) {
    List<Integer> out = new ArrayList<>();
    for (int i = 1; i < text.length(); i++) {
      if (!Character.isLowSurrogate(text.charAt(i))) {
        out.add(i);
      }
    }
    return out;
  }

  static List<String> cut(String text, List<Integer> places) {
    List<String> out = new ArrayList<>();
    int from = 0;
    for (int place : places) {
      out.add(text.substring(from, place));
      from = place;
    }
    out.add(text.substring(from));
    return out;
  }

  static List<String> cut(String text, Random random) {
    double dense = random.nextDouble();
    return cut(
        text, places(text).stream().filter(place -> random.nextDouble() < dense * dense).toList());
  }
}
