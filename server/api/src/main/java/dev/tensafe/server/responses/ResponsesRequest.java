package dev.tensafe.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Quoted;
import dev.tensafe.server.message.MessageFormat;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.FieldNames;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.RequestFields;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A parsed {@code POST /v1/responses}: the chat request that means the same, and what of the
 * request its answer repeats.
 *
 * @param names what the client calls the fields of the chat request
 * @param repeated fields of the answer
 */
public record ResponsesRequest(ChatRequest chat, FieldNames names, ObjectNode repeated) {
  private static final int MAX_TOKENS = 1 << 28;
  private static final int MAX_METADATA = 16;

  /** Fields that need what is stored on the server. */
  private static final List<String> STORED = List.of("conversation", "prompt");

  /** Fields of chat requests that mean the same here. */
  private static final List<String> MORE =
      List.of(
          "seed",
          "top_k",
          "min_p",
          "presence_penalty",
          "frequency_penalty",
          "repetition_penalty",
          "ignore_eos",
          "cache_salt",
          "priority",
          "user");

  /** What may be asked to be included, as it comes from tools that are not here, or is nothing. */
  private static final Set<String> NOTHING_TO_INCLUDE =
      Set.of(
          "reasoning.encrypted_content",
          "file_search_call.results",
          "web_search_call.results",
          "web_search_call.action.sources",
          "code_interpreter_call.outputs",
          "computer_call_output.output.image_url",
          "message.input_image.image_url");

  private static final FieldNames NAMES =
      FieldNames.same()
          .with("messages", "input")
          .with("max_completion_tokens", "max_output_tokens")
          .with("response_format.json_schema.schema", "text.format.schema")
          .with("response_format.json_schema.strict", "text.format.strict")
          .with("response_format", "text.format")
          .with("tool_choice.function.name", "tool_choice.name")
          .withPattern("tool_choice\\.allowed_tools", "tool_choice")
          .withPattern("(tools\\[\\d+\\])\\.function", "$1");

  /**
   * Parses and checks a body.
   *
   * @throws ApiException 400 naming the field
   */
  public static ResponsesRequest parse(JsonNode body, int vocabSize) {
    RequestFields fields = new RequestFields(body);
    refuse(fields);
    ObjectNode chat = JsonBody.object().put("model", fields.requiredText("model"));
    chat.set("messages", ResponsesInput.of(fields));
    if (fields.has("max_output_tokens")) {
      chat.put("max_completion_tokens", fields.integer("max_output_tokens", 1, 1, MAX_TOKENS));
    }
    chat.put("stream", fields.flag("stream"));
    chat.put("temperature", fields.number("temperature", 1, 0, 2));
    chat.put("top_p", fields.number("top_p", 1, 0, 1));
    for (String name : MORE) {
      JsonNode value = fields.get(name);
      if (value != null) {
        chat.set(name, value);
      }
    }
    ResponsesTools.put(fields, chat);
    putFormat(fields.object("text"), chat);
    putVariables(fields, chat);
    ChatRequest parsed = NAMES.in(() -> ChatRequest.parse(chat, vocabSize));
    return new ResponsesRequest(parsed, NAMES, repeated(fields));
  }

  private static void refuse(RequestFields fields) {
    if (fields.has("previous_response_id")) {
      throw RequestFields.unsupported(
          "previous_response_id",
          "is not supported: no response is stored here; send the items before as 'input'");
    }
    fields.refuseAll(STORED);
    fields.refuse("background", "is not supported by this server");
    if (fields.integer("top_logprobs", 0, 0, 20) > 0) {
      throw RequestFields.unsupported("top_logprobs", "is not supported on this route");
    }
    long unusedCalls = fields.integer("max_tool_calls", 1, 1, Integer.MAX_VALUE);
    String truncation = fields.text("truncation");
    if (truncation != null && !truncation.equals("disabled")) {
      throw RequestFields.unsupported(
          "truncation", "must be disabled: nothing is left out of an input that is too long");
    }
    JsonNode include = fields.get("include");
    if (include != null && !include.isArray()) {
      throw RequestFields.wrongType("include", "a list of strings");
    }
    for (JsonNode item : include == null ? List.<JsonNode>of() : include) {
      if (!NOTHING_TO_INCLUDE.contains(item.asText())) {
        throw RequestFields.unsupported(
            "include", "holds " + Quoted.of(item.asText()) + ", which this server does not have");
      }
    }
    // nothing is stored, which the answer says
    boolean unusedStore = fields.flag("store");
    RequestFields options = fields.object("stream_options");
    if (options != null && !fields.flag("stream")) {
      throw RequestFields.invalid("stream_options", "needs 'stream': true");
    }
  }

  private static void putFormat(@Nullable RequestFields text, ObjectNode chat) {
    if (text == null) {
      return;
    }
    String verbosity = text.text("verbosity");
    if (verbosity != null && !verbosity.equals("medium")) {
      throw RequestFields.unsupported(text.at("verbosity"), "is not supported unless 'medium'");
    }
    RequestFields format = text.object("format");
    if (format == null) {
      return;
    }
    String type = format.requiredText("type");
    ObjectNode made = chat.putObject("response_format").put("type", type);
    switch (type) {
      case "text", "json_object" -> {}
      case "json_schema" -> {
        ObjectNode inner = made.putObject("json_schema");
        inner.put("name", format.requiredText("name"));
        inner.set("schema", format.required("schema"));
        inner.put("strict", format.flag("strict"));
      }
      default ->
          throw RequestFields.invalid(
              format.at("type"), "must be text, json_object or json_schema");
    }
  }

  /** A template decides what an effort means. */
  private static void putVariables(RequestFields fields, ObjectNode chat) {
    RequestFields reasoning = fields.object("reasoning");
    String effort = reasoning == null ? null : reasoning.text("effort");
    JsonNode given = fields.get("chat_template_kwargs");
    if (given != null && !given.isObject()) {
      throw RequestFields.wrongType("chat_template_kwargs", "an object");
    }
    ObjectNode variables = JsonBody.object();
    if (effort != null) {
      variables.put("enable_thinking", !effort.equals("none")).put("reasoning_effort", effort);
    }
    if (given != null) {
      given.properties().forEach(entry -> variables.set(entry.getKey(), entry.getValue()));
    }
    if (!variables.isEmpty()) {
      chat.set("chat_template_kwargs", variables);
    }
  }

  /** What the answer says of the request. */
  private static ObjectNode repeated(RequestFields fields) {
    ObjectNode out = JsonBody.object().put("background", false);
    copy(fields, "instructions", out);
    copy(fields, "max_output_tokens", out);
    copy(fields, "max_tool_calls", out);
    out.set("metadata", metadata(fields));
    out.put("parallel_tool_calls", fields.flag("parallel_tool_calls", true));
    out.putNull("previous_response_id");
    RequestFields reasoning = fields.object("reasoning");
    ObjectNode effort = out.putObject("reasoning");
    effort.put("effort", reasoning == null ? null : reasoning.text("effort")).putNull("summary");
    out.put("service_tier", "default").put("store", false);
    out.put("temperature", fields.number("temperature", 1, 0, 2));
    RequestFields text = fields.object("text");
    JsonNode format = text == null ? null : text.get("format");
    out.putObject("text")
        .set("format", format == null ? JsonBody.object().put("type", "text") : format);
    JsonNode choice = fields.get("tool_choice");
    if (choice == null) {
      out.put("tool_choice", "auto");
    } else {
      out.set("tool_choice", choice);
    }
    ArrayNode tools = out.putArray("tools");
    JsonNode given = fields.get("tools");
    if (given != null) {
      given.forEach(tool -> tools.add(tool(tool)));
    }
    out.put("top_logprobs", 0).put("top_p", fields.number("top_p", 1, 0, 1));
    out.put("truncation", "disabled");
    copy(fields, "user", out);
    return out;
  }

  /** A function with all of its fields; calls are held to its schema in any case. */
  private static ObjectNode tool(JsonNode given) {
    ObjectNode out = JsonBody.object().put("type", "function");
    for (String name : new String[] {"name", "description", "parameters"}) {
      out.set(name, given.path(name).isMissingNode() ? out.nullNode() : given.path(name));
    }
    return out.put("strict", given.path("strict").asBoolean(true));
  }

  private static void copy(RequestFields fields, String name, ObjectNode out) {
    JsonNode value = fields.get(name);
    out.set(name, value == null ? out.nullNode() : value);
  }

  private static JsonNode metadata(RequestFields fields) {
    JsonNode metadata = fields.get("metadata");
    if (metadata == null) {
      return JsonBody.object();
    }
    if (!metadata.isObject()) {
      throw RequestFields.wrongType("metadata", "an object of strings");
    }
    RequestFields.atMost(metadata, "metadata", MAX_METADATA, "entries");
    metadata.forEach(
        value -> {
          if (!value.isTextual()) {
            throw RequestFields.wrongType("metadata", "an object of strings");
          }
        });
    return metadata;
  }

  /** What answers the request. */
  public MessageFormat format(AnswerHead head) {
    return new ResponsesFormat(head, repeated);
  }

  /** Nothing of it: its texts are secret. */
  @Override
  public String toString() {
    return "ResponsesRequest";
  }
}
