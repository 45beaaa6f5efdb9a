package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.regex.CodePoints;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import dev.tensafe.grammar.schema.FormatTexts;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The strings a schema allows, as texts without quotation marks: expressions. Confined to one
 * thread.
 */
final class TextShape {
  private static final int DEEPEST = 32;

  /** Keywords that would need more than is looked at here. */
  private static final Set<String> REFUSED =
      Set.of("if", "then", "else", "$dynamicRef", "$recursiveRef");

  private final GrammarParts parts;
  private final Regexes regexes;
  private final JsonNode root;

  /**
   * @param root what references are looked up in
   */
  TextShape(GrammarParts parts, JsonNode root) {
    this.parts = parts;
    this.regexes = parts.regexes();
    this.root = root;
  }

  /**
   * Expression of the strings.
   *
   * @param where place of the schema, a JSON pointer
   * @throws GrammarException where it can't be enforced
   */
  int of(JsonNode schema, String where) {
    return of(schema, where, DEEPEST);
  }

  private int of(JsonNode schema, String where, int depth) {
    if (depth == 0) {
      throw GrammarException.unsupported(where, "references lead into each other");
    }
    if (!schema.isObject()) {
      return schema.isBoolean() && !schema.booleanValue() ? Regexes.NOTHING : parts.text();
    }
    List<Integer> all = new ArrayList<>(List.of(parts.text()));
    for (String keyword : REFUSED) {
      if (schema.has(keyword)) {
        throw GrammarException.unsupported(
            where + "/" + keyword,
            "'" + keyword + "' can't be enforced for strings of this format");
      }
    }
    JsonNode type = schema.path("type");
    if (!type.isMissingNode() && !names(type, "string")) {
      return Regexes.NOTHING;
    }
    if (schema.has("$ref")) {
      all.add(of(target(schema.get("$ref"), where), where + "/$ref", depth - 1));
    }
    if (schema.has("const")) {
      all.add(oneOf(List.of(schema.get("const"))));
    }
    if (schema.has("enum")) {
      all.add(oneOf(schema.get("enum")));
    }
    if (schema.has("minLength") || schema.has("maxLength")) {
      all.add(length(schema, where));
    }
    if (schema.path("pattern").isTextual()) {
      String pattern = schema.get("pattern").textValue();
      all.add(Pattern.within(regexes, Encoding.UTF_8, pattern, where + "/pattern"));
    }
    if (schema.path("format").isTextual()) {
      all.add(FormatTexts.of(regexes, schema.get("format").textValue()));
    }
    if (schema.has("not")) {
      all.add(regexes.not(of(schema.get("not"), where + "/not", depth - 1)));
    }
    if (schema.has("allOf")) {
      branches(schema, "allOf", where, depth).forEach(all::add);
    }
    if (schema.has("anyOf")) {
      all.add(regexes.any(array(branches(schema, "anyOf", where, depth))));
    }
    if (schema.has("oneOf")) {
      List<Integer> branches = branches(schema, "oneOf", where, depth);
      disjoint(branches, where + "/oneOf");
      all.add(regexes.any(array(branches)));
    }
    return regexes.all(array(all));
  }

  private List<Integer> branches(JsonNode schema, String keyword, String where, int depth) {
    List<Integer> out = new ArrayList<>();
    JsonNode list = schema.get(keyword);
    for (int i = 0; i < list.size(); i++) {
      out.add(of(list.get(i), where + "/" + keyword + "/" + i, depth - 1));
    }
    return out;
  }

  private void disjoint(List<Integer> branches, String where) {
    for (int i = 0; i < branches.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (regexes.isAlive(regexes.all(branches.get(i), branches.get(j)))) {
          throw GrammarException.unsupported(where, "'oneOf' whose choices have strings in common");
        }
      }
    }
  }

  private JsonNode target(JsonNode reference, String where) {
    String text = reference.asText();
    JsonNode target = text.startsWith("#/") ? root.at(text.substring(1)) : null;
    if (target == null || target.isMissingNode()) {
      throw GrammarException.unsupported(where + "/$ref", "a reference to what is not there");
    }
    return target;
  }

  private int oneOf(Iterable<JsonNode> values) {
    List<String> texts = new ArrayList<>();
    values.forEach(
        value -> {
          if (value.isTextual()) {
            texts.add(value.textValue());
          }
        });
    return parts.literals(texts);
  }

  private int length(JsonNode schema, String where) {
    double min = schema.path("minLength").asDouble(0);
    double max = schema.path("maxLength").asDouble(Integer.MAX_VALUE);
    if (min > max || min > 100_000) {
      throw GrammarException.unsupported(where + "/minLength", "no string is as long");
    }
    int character = Encoding.UTF_8.character(regexes, CodePoints.ALL);
    return regexes.repeat(character, (int) min, max > 100_000 ? Regexes.UNBOUNDED : (int) max);
  }

  /** Whether null is valid against a schema, as far as is certain. */
  boolean isNullable(JsonNode schema) {
    return isNullable(schema, DEEPEST);
  }

  private boolean isNullable(JsonNode schema, int depth) {
    if (depth == 0 || !schema.isObject()) {
      return false;
    }
    boolean type = !schema.has("type") || names(schema.get("type"), "null");
    boolean fixed = !schema.has("const") || schema.get("const").isNull();
    boolean listed = !schema.has("enum") || hasNull(schema.get("enum"));
    boolean plain = REFUSED.stream().noneMatch(schema::has) && !schema.has("not");
    boolean referred = !schema.has("$ref") || isNullable(target(schema.get("$ref"), ""), depth - 1);
    JsonNode all = schema.path("allOf");
    JsonNode any = schema.path("anyOf");
    JsonNode one = schema.path("oneOf");
    return type
        && fixed
        && listed
        && plain
        && referred
        && count(all, depth) == all.size()
        && (any.isMissingNode() || count(any, depth) > 0)
        && (one.isMissingNode() || count(one, depth) == 1);
  }

  private int count(JsonNode branches, int depth) {
    int count = 0;
    for (JsonNode branch : branches) {
      count += isNullable(branch, depth - 1) ? 1 : 0;
    }
    return count;
  }

  private static boolean hasNull(JsonNode values) {
    for (JsonNode value : values) {
      if (value.isNull()) {
        return true;
      }
    }
    return false;
  }

  private static boolean names(JsonNode type, String name) {
    for (JsonNode one : type.isArray() ? type : List.of(type)) {
      if (one.asText().equals(name)) {
        return true;
      }
    }
    return false;
  }

  private static int[] array(List<Integer> of) {
    return of.stream().mapToInt(Integer::intValue).toArray();
  }
}
