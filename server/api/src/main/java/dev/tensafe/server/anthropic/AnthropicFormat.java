package dev.tensafe.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.message.MessageEnding;
import dev.tensafe.server.message.MessageFormat;
import dev.tensafe.server.message.MessagePart;
import dev.tensafe.server.message.NamedEvent;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.Usage;
import java.util.ArrayList;
import java.util.List;

/** Answers of {@code /v1/messages}. */
final class AnthropicFormat implements MessageFormat {
  private final AnswerHead head;
  private List<NamedEvent> events = new ArrayList<>();

  AnthropicFormat(AnswerHead head) {
    this.head = head;
  }

  @Override
  public void opening(Usage usage) {
    ObjectNode message = message();
    message.putArray("content");
    message.putNull("stop_reason").putNull("stop_sequence");
    message.set("usage", usage(usage));
    event("message_start").set("message", message);
  }

  @Override
  public void begins(MessagePart part) {
    event("content_block_start").put("index", part.index()).set("content_block", empty(part));
  }

  @Override
  public void grows(MessagePart part, String text) {
    ObjectNode delta = event("content_block_delta").put("index", part.index()).putObject("delta");
    switch (part.kind()) {
      case TEXT -> delta.put("type", "text_delta").put("text", text);
      case THOUGHTS -> delta.put("type", "thinking_delta").put("thinking", text);
      case CALL -> delta.put("type", "input_json_delta").put("partial_json", text);
    }
  }

  @Override
  public void ends(MessagePart part) {
    event("content_block_stop").put("index", part.index());
  }

  @Override
  public void closing(MessageEnding ending) {
    ObjectNode last = event("message_delta");
    putStop(last.putObject("delta"), ending);
    last.set("usage", usage(ending.usage()));
    last.set("tensafe", head.provenance().json());
    event("message_stop");
  }

  @Override
  public void failure(ApiException error, List<MessagePart> parts) {
    events.add(new NamedEvent("error", AnthropicErrors.event(error)));
  }

  @Override
  public List<NamedEvent> take() {
    List<NamedEvent> taken = events;
    events = new ArrayList<>();
    return taken;
  }

  @Override
  public ObjectNode whole(MessageEnding ending) {
    ObjectNode message = message();
    ArrayNode content = message.putArray("content");
    for (MessagePart part : ending.parts()) {
      ObjectNode block = empty(part);
      switch (part.kind()) {
        case TEXT -> block.put("text", part.text());
        case THOUGHTS -> block.put("thinking", part.text());
        case CALL -> block.set("input", input(part));
      }
      content.add(block);
    }
    putStop(message, ending);
    message.set("usage", usage(ending.usage()));
    message.set("tensafe", head.provenance().json());
    return message;
  }

  private ObjectNode message() {
    return JsonBody.object()
        .put("id", "msg_" + head.id())
        .put("type", "message")
        .put("role", "assistant")
        .put("model", head.model());
  }

  private static ObjectNode empty(MessagePart part) {
    ObjectNode block = JsonBody.object();
    switch (part.kind()) {
      case TEXT -> block.put("type", "text").put("text", "");
      // what no other server could check is signed by nobody
      case THOUGHTS -> block.put("type", "thinking").put("thinking", "").put("signature", "");
      case CALL -> {
        block.put("type", "tool_use").put("id", part.callId()).put("name", part.name());
        block.putObject("input");
      }
    }
    return block;
  }

  /** The arguments as an object; an empty one where the output ended within them. */
  private static JsonNode input(MessagePart part) {
    JsonNode input = part.whole() ? JsonBody.readOutput(part.text()) : null;
    return input != null && input.isObject() ? input : JsonBody.object();
  }

  private static void putStop(ObjectNode out, MessageEnding ending) {
    out.put("stop_reason", reason(ending)).put("stop_sequence", ending.stop());
  }

  private static String reason(MessageEnding ending) {
    if (ending.stop() != null) {
      return "stop_sequence";
    }
    if (ending.limited()) {
      return "max_tokens";
    }
    return ending.calls() ? "tool_use" : "end_turn";
  }

  /** Of the prompt, what the cache had is counted apart. */
  private static ObjectNode usage(Usage usage) {
    return JsonBody.object()
        .put("input_tokens", usage.promptTokens() - usage.cachedTokens())
        .put("cache_creation_input_tokens", 0)
        .put("cache_read_input_tokens", usage.cachedTokens())
        .put("output_tokens", usage.completionTokens());
  }

  private ObjectNode event(String name) {
    ObjectNode data = JsonBody.object().put("type", name);
    events.add(new NamedEvent(name, data));
    return data;
  }
}
