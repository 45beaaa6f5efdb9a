package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A schema as a whole: where references in it lead. Only what is in the document can be referred
 * to; nothing is fetched.
 */
final class SchemaDocument {
  private static final int MOST_DEPTH = 200;

  private static final Set<String> ONE =
      Set.of(
          "additionalProperties",
          "propertyNames",
          "unevaluatedProperties",
          "items",
          "additionalItems",
          "unevaluatedItems",
          "contains",
          "not",
          "if",
          "then",
          "else",
          "contentSchema");

  private static final Set<String> LISTS =
      Set.of("items", "prefixItems", "allOf", "anyOf", "oneOf");

  private static final Set<String> MAPS =
      Set.of(
          "properties",
          "patternProperties",
          "$defs",
          "definitions",
          "dependentSchemas",
          "dependencies");

  private final SchemaNode root;
  private final boolean oldIds;
  private final boolean oldReferences;
  private final Work work;
  private final Map<String, SchemaNode> resources = new HashMap<>();
  private final Map<String, SchemaNode> anchors = new HashMap<>();
  private final Map<String, Integer> dynamicAnchors = new HashMap<>();
  private boolean unevaluated;

  SchemaDocument(JsonNode json, Work work) {
    this.work = work;
    JsonNode dialect = json.get("$schema");
    String draft = dialect == null ? "" : dialect.asText();
    if (draft.contains("draft-03") || draft.contains("draft-02") || draft.contains("draft-01")) {
      throw SchemaErrors.unsupported("/$schema", "$schema names a draft older than 4");
    }
    this.oldIds = draft.contains("draft-04");
    this.oldReferences =
        oldIds
            || draft.contains("draft-05")
            || draft.contains("draft-06")
            || draft.contains("draft-07");
    this.root = new SchemaNode(json, "", base(json, ""));
    resources.put("", root);
    index(root, 0);
  }

  SchemaNode root() {
    return root;
  }

  /** Whether what stands beside a $ref is without effect, as up to draft 7. */
  boolean referencesStandAlone() {
    return oldReferences;
  }

  /** Whether it asks anywhere what other keywords have looked at. */
  boolean usesUnevaluated() {
    return unevaluated;
  }

  /** A schema that is the value of a keyword, or in it. */
  SchemaNode child(SchemaNode parent, Object... keys) {
    JsonNode json = parent.json();
    for (Object key : keys) {
      json = key instanceof Integer i ? json.path(i) : json.path(key.toString());
    }
    return checked(json, parent.at(keys), parent.base());
  }

  private SchemaNode checked(JsonNode json, String path, String base) {
    if (!json.isObject() && !json.isBoolean()) {
      throw SchemaErrors.invalid(path, "a schema is an object, true or false");
    }
    return new SchemaNode(json, path, base(json, base));
  }

  private String base(JsonNode json, String before) {
    JsonNode id = json.get("$id");
    if (id == null && oldIds) {
      id = json.get("id");
    }
    if (id == null || !id.isTextual() || id.asText().startsWith("#")) {
      return before;
    }
    String text = id.asText();
    return resolve(before, text.endsWith("#") ? text.substring(0, text.length() - 1) : text);
  }

  private static String resolve(String base, String reference) {
    try {
      return URI.create(base).resolve(reference).toString();
    } catch (IllegalArgumentException e) {
      return reference;
    }
  }

  private void index(SchemaNode node, int depth) {
    work.spend(1, node.path());
    if (depth > MOST_DEPTH) {
      throw SchemaErrors.tooComplex("", "it nests more than " + MOST_DEPTH + " schemas");
    }
    JsonNode json = node.json();
    if (!json.isObject()) {
      return;
    }
    new Keywords(node, this).check();
    if (json.has("$id") || (oldIds && json.has("id"))) {
      resources.putIfAbsent(node.base(), node);
    }
    for (String key : List.of("$anchor", "$dynamicAnchor", "$id", "id")) {
      JsonNode name = json.get(key);
      if (name != null && name.isTextual()) {
        String text = name.asText();
        boolean plain = key.endsWith("nchor");
        if (plain || text.startsWith("#")) {
          anchors.putIfAbsent(node.base() + (plain ? "#" : "") + text, node);
        }
        if (key.equals("$dynamicAnchor")) {
          dynamicAnchors.merge(text, 1, Integer::sum);
        }
      }
    }
    unevaluated |= json.has("unevaluatedProperties") || json.has("unevaluatedItems");
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      String key = field.getKey();
      JsonNode value = field.getValue();
      if (ONE.contains(key)) {
        enter(value, node.at(key), node.base(), depth);
      }
      if (LISTS.contains(key) && value.isArray()) {
        for (int i = 0; i < value.size(); i++) {
          enter(value.get(i), node.at(key, i), node.base(), depth);
        }
      }
      if (MAPS.contains(key) && value.isObject()) {
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
          enter(entry.getValue(), node.at(key, entry.getKey()), node.base(), depth);
        }
      }
    }
  }

  private void enter(JsonNode json, String path, String base, int depth) {
    if (json.isObject()) {
      index(new SchemaNode(json, path, base(json, base)), depth + 1);
    }
  }

  /** What a dynamic reference leads to, where only one schema can be meant. */
  SchemaNode dynamicTarget(SchemaNode from, String reference, String where) {
    String name = reference.substring(reference.indexOf('#') + 1);
    if (dynamicAnchors.getOrDefault(name, 0) > 1) {
      throw SchemaErrors.unsupported(where, "$dynamicRef has several schemas that it may mean");
    }
    return target(from, reference, where);
  }

  /** What a reference leads to. */
  SchemaNode target(SchemaNode from, String reference, String where) {
    int hash = reference.indexOf('#');
    String file = hash < 0 ? reference : reference.substring(0, hash);
    String fragment = hash < 0 ? "" : reference.substring(hash + 1);
    String uri = file.isEmpty() ? from.base() : resolve(from.base(), file);
    SchemaNode resource = uri.equals(root.base()) ? root : resources.get(uri);
    if (resource == null) {
      throw SchemaErrors.unsupported(
          where, "$ref leads out of the schema: " + reference + ", and nothing is fetched");
    }
    SchemaNode target = within(resource, fragment);
    if (target == null && fragment.startsWith("/")) {
      target = within(root, fragment);
    }
    if (target == null) {
      throw SchemaErrors.invalid(where, "$ref leads nowhere: " + reference);
    }
    return target;
  }

  private @Nullable SchemaNode within(SchemaNode resource, String fragment) {
    if (fragment.isEmpty()) {
      return resource;
    }
    if (!fragment.startsWith("/")) {
      return anchors.get(resource.base() + "#" + fragment);
    }
    JsonNode json = resource.json();
    String path = resource.path();
    String base = resource.base();
    String text;
    try {
      text = URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
    for (String part : text.substring(1).split("/", -1)) {
      String key = part.replace("~1", "/").replace("~0", "~");
      if (json.isArray()) {
        json = key.matches("0|[1-9][0-9]{0,8}") ? json.path(Integer.parseInt(key)) : json.path("");
      } else {
        json = json.path(key);
      }
      if (json.isMissingNode()) {
        return null;
      }
      path = new SchemaNode(json, path, base).at(key);
      base = json.isObject() ? base(json, base) : base;
    }
    return checked(json, path, base);
  }
}
