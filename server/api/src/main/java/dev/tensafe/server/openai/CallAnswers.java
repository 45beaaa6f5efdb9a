package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Whether messages of tools answer the calls before them: each call is answered by one message,
 * named by its id, before anybody else speaks. As OpenAI has it. Confined to one thread.
 */
final class CallAnswers {
  /** Of the calls made last, those that are not answered. */
  private final Set<String> open = new LinkedHashSet<>();

  /** Of which message. */
  private String asked = "";

  /**
   * The next message.
   *
   * @throws ApiException 400 naming the field
   */
  void next(JsonNode message, String role, String where) {
    if (role.equals("tool")) {
      answer(message.path("tool_call_id"), where + ".tool_call_id");
      return;
    }
    end();
    if (role.equals("assistant")) {
      asked = where;
      for (JsonNode call : message.path("tool_calls")) {
        open.add(call.path("id").asText());
      }
    }
  }

  private void answer(JsonNode id, String field) {
    if (id.isMissingNode() || id.isNull()) {
      throw ApiException.invalid(
          field, "missing_required_parameter", "'" + field + "' is required: the id of a call");
    }
    if (!id.isTextual()) {
      throw RequestFields.wrongType(field, "a string");
    }
    if (!open.remove(id.textValue())) {
      throw ApiException.invalid(
          field,
          "invalid_value",
          "'" + field + "' is the id of no call of the assistant's message before that is open");
    }
  }

  /**
   * Nothing of a tool comes any more.
   *
   * @throws ApiException 400 naming the message whose calls are open
   */
  void end() {
    if (!open.isEmpty()) {
      throw ApiException.invalid(
          asked + ".tool_calls",
          "invalid_value",
          "'" + asked + ".tool_calls' must be followed by a message of role 'tool' for each call");
    }
  }
}
