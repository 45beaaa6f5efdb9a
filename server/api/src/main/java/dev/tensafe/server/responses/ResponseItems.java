package dev.tensafe.server.responses;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.message.MessagePart;
import dev.tensafe.server.openai.JsonBody;

/** Parts of a message as output items of one response. Immutable and thread-safe. */
final class ResponseItems {
  private final String responseId;

  /**
   * @param responseId without its prefix
   */
  ResponseItems(String responseId) {
    this.responseId = responseId;
  }

  String id(MessagePart part) {
    String prefix =
        switch (part.kind()) {
          case TEXT -> "msg_";
          case THOUGHTS -> "rs_";
          case CALL -> "fc_";
        };
    return prefix + responseId + "_" + part.index();
  }

  /** An item that has nothing yet. */
  ObjectNode begun(MessagePart part) {
    return item(part, "in_progress", "", false);
  }

  /** An item with all it will have. */
  ObjectNode ended(MessagePart part) {
    return item(part, part.whole() ? "completed" : "incomplete", part.text(), true);
  }

  private ObjectNode item(MessagePart part, String status, String text, boolean content) {
    ObjectNode out = JsonBody.object().put("id", id(part));
    switch (part.kind()) {
      case TEXT -> out.put("type", "message").put("role", "assistant");
      case THOUGHTS -> out.put("type", "reasoning").putArray("summary");
      case CALL ->
          out.put("type", "function_call")
              .put("call_id", part.callId())
              .put("name", part.name())
              .put("arguments", text);
    }
    out.put("status", status);
    if (part.kind() != MessagePart.Kind.CALL) {
      var parts = out.putArray("content");
      if (content) {
        parts.add(content(part, text));
      }
    }
    return out;
  }

  /** What a text or thoughts are within their item. */
  static ObjectNode content(MessagePart part, String text) {
    ObjectNode out = JsonBody.object();
    if (part.kind() == MessagePart.Kind.THOUGHTS) {
      return out.put("type", "reasoning_text").put("text", text);
    }
    out.put("type", "output_text").put("text", text);
    out.putArray("annotations");
    out.putArray("logprobs");
    return out;
  }
}
