package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.server.anthropic.AnthropicRequest;
import dev.tensafe.server.message.MessageEnding;
import dev.tensafe.server.message.MessageFormat;
import dev.tensafe.server.message.MessageParts;
import dev.tensafe.server.message.NamedEvent;
import dev.tensafe.server.message.PartListener;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.Provenance;
import dev.tensafe.server.openai.ReadMessage;
import dev.tensafe.server.openai.Usage;
import dev.tensafe.server.responses.ResponsesRequest;
import dev.tensafe.server.tools.AnswerParser;
import dev.tensafe.server.tools.Thinking;
import dev.tensafe.server.tools.Tool;
import dev.tensafe.server.tools.ToolFormats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Events of a message, put together as clients do it, are its whole answer, however it came. */
class MessageFormatsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Arguments that a parser would not write as the model did. */
  private static final String ARGUMENTS = "{\"b\" :1.50,  \"a\":\"\\u00e4\\n\", \"a2\":[ ] }";

  private static final String OUTPUT =
      "<think>Let me see.</think>\n\nOne moment.\n<tool_call>\n{\"name\": \"f\", \"arguments\": "
          + ARGUMENTS
          + "}\n</tool_call>\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>";

  private static AnswerHead head() {
    return new AnswerHead("0123", 7, "m", false, false, null, Provenance.BASE);
  }

  private static JsonNode json(String text) throws IOException {
    return MAPPER.readTree(text.replace('\'', '"'));
  }

  private static MessageFormat anthropic() {
    try {
      return AnthropicRequest.parse(
              json("{'model':'m','max_tokens':5,'messages':[{'role':'user','content':'a'}]}"), 300)
          .format(head());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static MessageFormat responses() {
    try {
      return ResponsesRequest.parse(json("{'model':'m','input':'a'}"), 300).format(head());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** An output in pieces, read into a listener. */
  private static MessageEnding read(
      String text, Random random, PartListener listener, FinishReason reason) {
    Tool tool = Tool.of("f", null, null, null, "tools[0]");
    int[] ids = {0};
    ReadMessage message =
        new ReadMessage(
            new AnswerParser(
                ToolFormats.named("hermes").orElseThrow(),
                List.of(tool),
                Thinking.POSSIBLE,
                () -> "call_" + ids[0]++),
            true);
    MessageParts parts = new MessageParts(listener);
    for (int at = 0; at < text.length(); ) {
      int next = Math.min(text.length(), at + 1 + random.nextInt(6));
      parts.read(message.read(text.substring(at, next)), 1);
      at = next;
    }
    var rest = message.end();
    parts.end(rest, message.cut() || reason == FinishReason.LENGTH);
    return new MessageEnding(
        parts.list(), reason, null, message.cut(), new Usage(9, 30, 4), parts.thoughtTokens());
  }

  private static List<ObjectNode> events(
      MessageFormat format, String text, Random random, FinishReason reason) {
    format.opening(new Usage(9, 0, 4));
    MessageEnding ending = read(text, random, format, reason);
    format.closing(ending);
    List<ObjectNode> out = new ArrayList<>();
    for (NamedEvent event : format.take()) {
      assertEquals(event.name(), event.data().path("type").asText());
      out.add(event.data());
    }
    return out;
  }

  private static void forManySplits(Supplier<MessageFormat> format, Check check) throws Exception {
    for (int seed = 0; seed < 200; seed++) {
      try {
        check.of(events(format.get(), OUTPUT, new Random(seed), FinishReason.STOP), seed);
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private interface Check {
    void of(List<ObjectNode> events, int seed) throws Exception;
  }

  @Test
  void anthropicsEventsAddUpToTheWholeMessage() throws Exception {
    ObjectNode whole =
        anthropic().whole(read(OUTPUT, new Random(1), PartListener.NONE, FinishReason.STOP));
    assertEquals("tool_use", whole.path("stop_reason").asText());
    assertEquals(4, whole.path("content").size(), whole.toString());
    assertEquals("Let me see.", whole.at("/content/0/thinking").asText());
    assertEquals("One moment.", whole.at("/content/1/text").asText().strip());
    assertEquals(MAPPER.readTree(ARGUMENTS), whole.at("/content/2/input"));
    assertEquals(
        json(
            "{'input_tokens':5,'cache_creation_input_tokens':0,'cache_read_input_tokens':4,"
                + "'output_tokens':30}"),
        whole.path("usage"));
    forManySplits(
        MessageFormatsTest::anthropic,
        (events, seed) -> {
          TreeMap<Integer, ObjectNode> blocks = new TreeMap<>();
          TreeMap<Integer, StringBuilder> inputs = new TreeMap<>();
          int open = -1;
          ObjectNode message = null;
          for (ObjectNode event : events) {
            int index = event.path("index").asInt();
            switch (event.path("type").asText()) {
              case "message_start" -> message = (ObjectNode) event.path("message");
              case "content_block_start" -> {
                assertEquals(-1, open);
                open = index;
                blocks.put(index, (ObjectNode) event.path("content_block"));
              }
              case "content_block_delta" -> {
                assertEquals(open, index);
                JsonNode delta = event.path("delta");
                ObjectNode block = blocks.get(index);
                if (delta.has("partial_json")) {
                  inputs
                      .computeIfAbsent(index, i -> new StringBuilder())
                      .append(delta.path("partial_json").asText());
                } else {
                  String field = delta.has("text") ? "text" : "thinking";
                  block.put(field, block.path(field).asText() + delta.path(field).asText());
                }
              }
              case "content_block_stop" -> {
                assertEquals(open, index);
                open = -1;
              }
              case "message_delta" -> {
                message.setAll((ObjectNode) event.path("delta"));
                message.set("usage", event.path("usage"));
                message.set("tensafe", event.path("tensafe"));
              }
              default -> assertEquals("message_stop", event.path("type").asText());
            }
          }
          assertEquals(ARGUMENTS, inputs.get(2).toString());
          for (var input : inputs.entrySet()) {
            blocks.get(input.getKey()).set("input", MAPPER.readTree(input.getValue().toString()));
          }
          message.putArray("content").addAll(blocks.values());
          assertEquals(whole, message);
        });
  }

  @Test
  void openAisEventsAddUpToTheWholeResponse() throws Exception {
    ObjectNode whole =
        responses().whole(read(OUTPUT, new Random(1), PartListener.NONE, FinishReason.STOP));
    assertEquals("completed", whole.path("status").asText());
    assertEquals(4, whole.path("output").size(), whole.toString());
    assertEquals("Let me see.", whole.at("/output/0/content/0/text").asText());
    assertEquals(ARGUMENTS, whole.at("/output/2/arguments").asText());
    assertEquals("call_0", whole.at("/output/2/call_id").asText());
    assertTrue(whole.at("/usage/output_tokens_details/reasoning_tokens").asInt() > 0);
    forManySplits(
        MessageFormatsTest::responses,
        (events, seed) -> {
          TreeMap<Integer, StringBuilder> texts = new TreeMap<>();
          TreeMap<Integer, JsonNode> items = new TreeMap<>();
          for (int i = 0; i < events.size(); i++) {
            ObjectNode event = events.get(i);
            assertEquals(i, event.path("sequence_number").asInt(-1));
            int index = event.path("output_index").asInt();
            if (event.has("delta")) {
              texts
                  .computeIfAbsent(index, n -> new StringBuilder())
                  .append(event.path("delta").asText());
            }
            if (event.path("type").asText().equals("response.output_item.done")) {
              items.put(index, event.path("item"));
            }
          }
          assertEquals(ARGUMENTS, texts.get(2).toString());
          assertEquals(MAPPER.createArrayNode().addAll(items.values()), whole.path("output"));
          ObjectNode last = (ObjectNode) events.get(events.size() - 1).path("response");
          assertEquals("response.completed", events.get(events.size() - 1).path("type").asText());
          // depends on how the output came
          last.remove("usage");
          assertEquals(whole.deepCopy().without("usage"), last);
        });
  }

  @Test
  void aCallThatIsCutIsNotAnswered() throws Exception {
    String cut = OUTPUT.substring(0, OUTPUT.indexOf("1.50"));
    MessageEnding ending = read(cut, new Random(2), PartListener.NONE, FinishReason.LENGTH);
    ObjectNode message = anthropic().whole(ending);
    assertEquals("max_tokens", message.path("stop_reason").asText());
    assertEquals("tool_use", message.at("/content/2/type").asText());
    assertEquals(0, message.at("/content/2/input").size());
    ObjectNode response = responses().whole(ending);
    assertEquals("incomplete", response.path("status").asText());
    assertEquals("max_output_tokens", response.at("/incomplete_details/reason").asText());
    assertEquals("incomplete", response.at("/output/2/status").asText());
    assertEquals("completed", response.at("/output/1/status").asText());
    assertEquals("{\"b\" :", response.at("/output/2/arguments").asText());
  }
}
