package dev.tensafe.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.message.MessageFormat;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.FieldNames;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.RequestFields;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A parsed {@code POST /v1/messages} or {@code /v1/messages/count_tokens}: the chat request that
 * means the same.
 *
 * @param names what the client calls the fields of the chat request
 */
public record AnthropicRequest(ChatRequest chat, FieldNames names) {
  private static final int MAX_TOKENS = 1 << 28;
  private static final int MAX_STOPS = 4;
  private static final int MAX_STOP_LENGTH = 1024;

  /** What runs or is stored elsewhere. */
  private static final List<String> UNSUPPORTED = List.of("container", "mcp_servers");

  /** Fields of chat requests that mean the same here. */
  private static final List<String> MORE = List.of("seed", "min_p", "cache_salt", "priority");

  private static final FieldNames NAMES =
      FieldNames.same()
          .with("stop", "stop_sequences")
          .with("response_format.json_schema.schema", "output_config.format.schema")
          .withPattern("tools\\[(\\d+)\\]\\.function\\.parameters", "tools[$1].input_schema");

  /**
   * Parses and checks a body of {@code /v1/messages}.
   *
   * @throws ApiException 400 naming the field
   */
  public static AnthropicRequest parse(JsonNode body, int vocabSize) {
    RequestFields fields = new RequestFields(body);
    JsonNode unused = fields.required("max_tokens");
    ObjectNode chat = prompt(fields);
    chat.put("max_tokens", fields.integer("max_tokens", 1, 1, MAX_TOKENS));
    chat.put("stream", fields.flag("stream"));
    chat.put("temperature", fields.number("temperature", 1, 0, 1));
    chat.put("top_p", fields.number("top_p", 1, 0, 1));
    chat.put("top_k", fields.integer("top_k", 0, 0, Integer.MAX_VALUE));
    JsonNode stops = fields.get("stop_sequences");
    if (stops != null && !stops.isArray()) {
      throw RequestFields.wrongType("stop_sequences", "a list of strings");
    }
    ArrayNode stop = chat.putArray("stop");
    fields.texts("stop_sequences", MAX_STOPS, MAX_STOP_LENGTH).forEach(stop::add);
    RequestFields metadata = fields.object("metadata");
    if (metadata != null) {
      String unusedUser = metadata.text("user_id");
    }
    for (String name : MORE) {
      JsonNode value = fields.get(name);
      if (value != null) {
        chat.set(name, value);
      }
    }
    return of(chat, vocabSize);
  }

  /**
   * Parses and checks a body of {@code /v1/messages/count_tokens}.
   *
   * @throws ApiException 400 naming the field
   */
  public static AnthropicRequest parseCount(JsonNode body, int vocabSize) {
    return of(prompt(new RequestFields(body)), vocabSize);
  }

  private static AnthropicRequest of(ObjectNode chat, int vocabSize) {
    return new AnthropicRequest(NAMES.in(() -> ChatRequest.parse(chat, vocabSize)), NAMES);
  }

  /** The fields that make the prompt. */
  private static ObjectNode prompt(RequestFields fields) {
    fields.refuseAll(UNSUPPORTED);
    ObjectNode chat = JsonBody.object().put("model", fields.requiredText("model"));
    ArrayNode messages = AnthropicMessages.of(fields);
    chat.set("messages", messages);
    boolean continued = messages.get(messages.size() - 1).path("role").asText().equals("assistant");
    if (continued) {
      chat.put("continue_final_message", true);
    }
    AnthropicTools.put(fields, chat);
    ObjectNode variables = JsonBody.object();
    putThinking(fields.object("thinking"), chat, variables);
    putOutput(fields.object("output_config"), chat, variables);
    JsonNode given = fields.get("chat_template_kwargs");
    if (given != null && !given.isObject()) {
      throw RequestFields.wrongType("chat_template_kwargs", "an object");
    }
    if (given != null) {
      given.properties().forEach(entry -> variables.set(entry.getKey(), entry.getValue()));
    }
    if (!variables.isEmpty()) {
      chat.set("chat_template_kwargs", variables);
    }
    return chat;
  }

  /** A template decides whether to think; no budget of tokens can be kept. */
  private static void putThinking(
      @Nullable RequestFields thinking, ObjectNode chat, ObjectNode variables) {
    if (thinking == null) {
      return;
    }
    String type = thinking.requiredText("type");
    switch (type) {
      case "enabled", "adaptive" -> {
        long unused = thinking.integer("budget_tokens", 1, 1, MAX_TOKENS);
        variables.put("enable_thinking", true);
        chat.put("include_reasoning", !"omitted".equals(thinking.text("display")));
      }
      case "disabled" -> {
        variables.put("enable_thinking", false);
        chat.put("include_reasoning", false);
      }
      default ->
          throw RequestFields.invalid(thinking.at("type"), "must be enabled, adaptive or disabled");
    }
  }

  private static void putOutput(
      @Nullable RequestFields output, ObjectNode chat, ObjectNode variables) {
    if (output == null) {
      return;
    }
    String effort = output.text("effort");
    if (effort != null) {
      variables.put("reasoning_effort", effort);
    }
    RequestFields format = output.object("format");
    if (format == null) {
      return;
    }
    if (!format.requiredText("type").equals("json_schema")) {
      throw RequestFields.invalid(format.at("type"), "must be json_schema");
    }
    JsonNode schema = format.required("schema");
    if (!schema.isObject()) {
      throw RequestFields.wrongType(format.at("schema"), "a JSON Schema");
    }
    ObjectNode made = chat.putObject("response_format").put("type", "json_schema");
    made.putObject("json_schema").put("name", "output").set("schema", schema);
  }

  /** What answers the request. */
  public MessageFormat format(AnswerHead head) {
    return new AnthropicFormat(head);
  }

  /** Nothing of it: its texts are secret. */
  @Override
  public String toString() {
    return "AnthropicRequest";
  }
}
