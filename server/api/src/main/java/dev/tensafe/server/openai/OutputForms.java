package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.Quoted;
import dev.tensafe.server.structured.OutputForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The fields that say what an output must be like: OpenAI's {@code response_format}, vLLM's {@code
 * structured_outputs} and {@code guided_*}, and those of llama.cpp and SGLang that mean the same.
 */
final class OutputForms {
  private static final int MAX_CHOICES = 4096;
  private static final int MAX_TEXT = 1 << 20;

  /** What vLLM says about how its backends do it; here there is one way. */
  private static final Set<String> HOW =
      Set.of("disable_fallback", "disable_additional_properties", "_backend", "_backend_was_auto");

  private static final Set<String> FORMATS = Set.of("text", "json_object", "json_schema");

  private final RequestFields fields;
  private final boolean flexible;
  private final List<OutputForm> found = new ArrayList<>();

  private OutputForms(RequestFields fields) {
    this.fields = fields;
    this.flexible = flexible(fields);
  }

  /**
   * Reads the form.
   *
   * @throws ApiException 400 naming the field
   */
  static Optional<OutputForm> parse(RequestFields fields) {
    OutputForms forms = new OutputForms(fields);
    forms.responseFormat();
    forms.structuredOutputs();
    forms.add("guided_json", "json");
    forms.add("guided_regex", "regex");
    forms.add("guided_choice", "choice");
    forms.add("guided_grammar", "grammar");
    forms.add("json_schema", "json");
    forms.add("regex", "regex");
    forms.add("grammar", "grammar");
    forms.add("ebnf", "grammar");
    if (forms.found.size() > 1) {
      String second = forms.found.get(1).param();
      throw ApiException.invalid(
          second,
          "invalid_value",
          "'" + second + "' and '" + forms.found.get(0).param() + "' exclude each other");
    }
    return forms.found.stream().findFirst();
  }

  private static boolean flexible(RequestFields fields) {
    String policy = fields.text("whitespace");
    if (policy == null || policy.equals("compact") || policy.equals("flexible")) {
      return "flexible".equals(policy);
    }
    throw ApiException.invalid(
        "whitespace", "invalid_value", "'whitespace' must be compact or flexible");
  }

  private void responseFormat() {
    JsonNode format = fields.get("response_format");
    if (format == null) {
      return;
    }
    if (!format.isObject()) {
      throw RequestFields.wrongType("response_format", "an object");
    }
    known(format, Set.of("type", "schema", "json_schema"), "response_format");
    String type = format.path("type").asText();
    // what goes with another type says nothing
    for (String name : new String[] {"schema", "json_schema"}) {
      String goes = name.equals("schema") ? "json_object" : "json_schema";
      if (format.hasNonNull(name) && FORMATS.contains(type) && !type.equals(goes)) {
        throw RequestFields.invalid("response_format." + name, "goes with the type " + goes);
      }
    }
    switch (type) {
      case "text" -> {}
      case "json_object" -> {
        // llama.cpp's servers take a schema here
        if (format.hasNonNull("schema")) {
          schema(format.get("schema"), false, "response_format.schema");
        } else {
          found.add(new OutputForm.AnyObject(flexible, "response_format"));
        }
      }
      case "json_schema" -> {
        JsonNode inner = format.path("json_schema");
        if (!inner.isObject()) {
          throw RequestFields.wrongType("response_format.json_schema", "an object");
        }
        known(
            inner,
            Set.of("name", "description", "schema", "strict"),
            "response_format.json_schema");
        JsonNode name = inner.path("name");
        if (name.isMissingNode() || name.isNull()) {
          throw RequestFields.missing("response_format.json_schema.name");
        }
        if (!name.isTextual() || name.textValue().isEmpty()) {
          throw RequestFields.wrongType("response_format.json_schema.name", "a string");
        }
        if (!inner.has("schema")) {
          throw ApiException.invalid(
              "response_format.json_schema.schema",
              "missing_required_parameter",
              "'response_format.json_schema.schema' is required");
        }
        JsonNode strict = inner.path("strict");
        if (!strict.isMissingNode() && !strict.isNull() && !strict.isBoolean()) {
          throw RequestFields.wrongType("response_format.json_schema.strict", "true or false");
        }
        schema(inner.get("schema"), strict.asBoolean(false), "response_format.json_schema.schema");
      }
      default ->
          throw ApiException.invalid(
              "response_format.type",
              "invalid_value",
              "'response_format.type' must be text, json_object or json_schema");
    }
  }

  private static void known(JsonNode node, Set<String> names, String where) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!names.contains(field.getKey()) && !field.getValue().isNull()) {
        throw RequestFields.unsupported(
            where + "." + Quoted.bare(field.getKey()), "is not supported by this server");
      }
    }
  }

  private void structuredOutputs() {
    JsonNode outputs = fields.get("structured_outputs");
    if (outputs == null) {
      return;
    }
    if (!outputs.isObject()) {
      throw RequestFields.wrongType("structured_outputs", "an object");
    }
    for (var entry : outputs.properties()) {
      String name = "structured_outputs." + entry.getKey();
      JsonNode value = entry.getValue();
      if (value.isNull() || HOW.contains(entry.getKey())) {
        continue;
      }
      switch (entry.getKey()) {
        case "json", "regex", "choice", "grammar" -> add(entry.getKey(), value, name);
        case "json_object" -> {
          if (!value.isBoolean()) {
            throw RequestFields.wrongType(name, "true or false");
          }
          if (value.booleanValue()) {
            found.add(new OutputForm.AnyObject(flexible, name));
          }
        }
        case "disable_any_whitespace" -> {
          if (!value.isBoolean()) {
            throw RequestFields.wrongType(name, "true or false");
          }
        }
        default ->
            throw ApiException.invalid(
                name, "unsupported_parameter", "'" + name + "' is not supported by this server");
      }
    }
    if (found.isEmpty()) {
      throw ApiException.invalid(
          "structured_outputs",
          "invalid_value",
          "'structured_outputs' says nothing: one of json, json_object, regex, choice, grammar");
    }
  }

  private void add(String field, String kind) {
    JsonNode value = fields.get(field);
    if (value != null) {
      add(kind, value, field);
    }
  }

  private void add(String kind, JsonNode value, String name) {
    switch (kind) {
      case "json" -> schema(value, false, name);
      case "regex" -> found.add(new OutputForm.Regex(text(value, name), name));
      case "grammar" -> found.add(new OutputForm.Rules(text(value, name), name));
      default -> choice(value, name);
    }
  }

  /** A schema, or a string of its JSON, as SGLang and older clients send it. */
  private void schema(JsonNode value, boolean strict, String name) {
    JsonNode schema = value;
    if (value.isTextual()) {
      schema = JsonBody.schema(value.textValue(), name);
      if (schema == null) {
        throw ApiException.invalid(name, "invalid_value", "'" + name + "' is not JSON");
      }
    }
    if (!schema.isObject() && !schema.isBoolean()) {
      throw RequestFields.wrongType(name, "a JSON Schema");
    }
    found.add(new OutputForm.Schema(schema, strict, flexible, name));
  }

  private static String text(JsonNode value, String name) {
    if (!value.isTextual()) {
      throw RequestFields.wrongType(name, "a string");
    }
    String text = value.textValue();
    if (text.isEmpty() || text.length() > MAX_TEXT) {
      throw ApiException.invalid(
          name,
          "invalid_value",
          "'" + name + "' has " + text.length() + " characters; 1 to " + MAX_TEXT);
    }
    return text;
  }

  private void choice(JsonNode value, String name) {
    if (!value.isArray()) {
      throw RequestFields.wrongType(name, "a list of strings");
    }
    if (value.isEmpty()) {
      throw ApiException.invalid(name, "invalid_value", "'" + name + "' holds no string");
    }
    RequestFields.atMost(value, name, MAX_CHOICES, "strings");
    List<String> texts = new ArrayList<>();
    for (JsonNode item : value) {
      texts.add(text(item, name));
    }
    found.add(new OutputForm.Choice(texts, name));
  }
}
