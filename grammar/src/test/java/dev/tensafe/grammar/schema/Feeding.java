package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.TokenTrie;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON values as texts, fed to a grammar byte by byte. */
final class Feeding {
  /** Members that are tried at a place where another has to be, in one value. */
  private static final int MOST_TRIES = 400;

  /** A token for each byte. */
  static final TokenTrie BYTES = bytes();

  private int tries;

  private Feeding() {}

  private static TokenTrie bytes() {
    List<byte[]> texts = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      texts.add(new byte[] {(byte) value});
    }
    return TokenTrie.of(texts);
  }

  static CompiledGrammar compile(Grammar grammar) {
    return compile(grammar, BYTES);
  }

  /** As the server compiles: what is too much for the first masks is refused. */
  static CompiledGrammar compile(Grammar grammar, TokenTrie trie) {
    CompiledGrammar compiled = new CompiledGrammar(grammar, trie);
    compiled.tryOut();
    return compiled;
  }

  /** Whether a text is of a grammar. */
  static boolean accepts(CompiledGrammar grammar, String text) {
    Matcher matcher = grammar.matcher();
    return feed(matcher, text) && matcher.mayEnd();
  }

  /** Whether a text may come; if not, the matcher is where it was. */
  private static boolean feed(Matcher matcher, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (!matcher.accept(bytes[i] & 0xff)) {
        matcher.rollBack(i);
        return false;
      }
    }
    return true;
  }

  /**
   * A value that is equal, with its members in an order in which it is accepted: as given, as the
   * schema names them, or another that a short search finds. Null if it is accepted in none.
   */
  static @Nullable JsonNode ordered(CompiledGrammar grammar, JsonNode value, JsonNode schema) {
    if (accepts(grammar, value.toString())) {
      return value;
    }
    Map<String, Integer> ranks = new HashMap<>();
    rank(schema, ranks);
    JsonNode sorted = sorted(value, ranks);
    if (accepts(grammar, sorted.toString())) {
      return sorted;
    }
    Matcher matcher = grammar.matcher();
    JsonNode found = new Feeding().value(matcher, sorted);
    return found != null && matcher.mayEnd() ? found : null;
  }

  /** Numbers the names of properties in the order in which a schema has them. */
  private static void rank(JsonNode schema, Map<String, Integer> ranks) {
    for (Map.Entry<String, JsonNode> entry : schema.properties()) {
      if (entry.getKey().equals("properties")) {
        entry.getValue().fieldNames().forEachRemaining(n -> ranks.putIfAbsent(n, ranks.size()));
      }
      rank(entry.getValue(), ranks);
    }
    if (schema.isArray()) {
      schema.forEach(part -> rank(part, ranks));
    }
  }

  private static JsonNode sorted(JsonNode value, Map<String, Integer> ranks) {
    if (value.isArray()) {
      ArrayNode items = JsonNodeFactory.instance.arrayNode();
      value.forEach(item -> items.add(sorted(item, ranks)));
      return items;
    }
    if (!value.isObject()) {
      return value;
    }
    List<String> names = new ArrayList<>();
    value.fieldNames().forEachRemaining(names::add);
    names.sort(Comparator.comparingInt(name -> ranks.getOrDefault(name, Integer.MAX_VALUE)));
    ObjectNode members = JsonNodeFactory.instance.objectNode();
    names.forEach(name -> members.set(name, sorted(value.get(name), ranks)));
    return members;
  }

  private @Nullable JsonNode value(Matcher matcher, JsonNode value) {
    int start = matcher.tokens();
    JsonNode found = null;
    if (value.isObject()) {
      ObjectNode members = JsonNodeFactory.instance.objectNode();
      List<String> names = new ArrayList<>();
      value.fieldNames().forEachRemaining(names::add);
      found = feed(matcher, "{") && members(matcher, value, names, members) ? members : null;
    } else if (value.isArray()) {
      found = items(matcher, value);
    } else if (feed(matcher, value.toString())) {
      found = value;
    }
    if (found == null) {
      matcher.rollBack(matcher.tokens() - start);
    }
    return found;
  }

  private @Nullable JsonNode items(Matcher matcher, JsonNode value) {
    ArrayNode items = JsonNodeFactory.instance.arrayNode();
    boolean fed = feed(matcher, "[");
    for (int i = 0; i < value.size() && fed; i++) {
      fed = i == 0 || feed(matcher, ",");
      JsonNode item = fed ? value(matcher, value.get(i)) : null;
      fed = item != null;
      if (item != null) {
        items.add(item);
      }
    }
    return fed && feed(matcher, "]") ? items : null;
  }

  private boolean members(Matcher matcher, JsonNode of, List<String> left, ObjectNode done) {
    if (left.isEmpty()) {
      return feed(matcher, "}");
    }
    int start = matcher.tokens();
    for (String name : left) {
      if (++tries > MOST_TRIES) {
        return false;
      }
      String key = JsonNodeFactory.instance.textNode(name).toString();
      JsonNode value =
          feed(matcher, (done.isEmpty() ? "" : ",") + key + ":")
              ? value(matcher, of.get(name))
              : null;
      if (value != null) {
        List<String> others = new ArrayList<>(left);
        others.remove(name);
        done.set(name, value);
        if (members(matcher, of, others, done)) {
          return true;
        }
        done.remove(name);
      }
      matcher.rollBack(matcher.tokens() - start);
    }
    return false;
  }

  /** A value whose numbers are written as integers where they are: 1.0 as 1. */
  static JsonNode normal(JsonNode value) {
    if (value.isArray()) {
      ArrayNode items = JsonNodeFactory.instance.arrayNode();
      value.forEach(item -> items.add(normal(item)));
      return items;
    }
    if (value.isObject()) {
      ObjectNode members = JsonNodeFactory.instance.objectNode();
      value.properties().forEach(e -> members.set(e.getKey(), normal(e.getValue())));
      return members;
    }
    double number = value.isDouble() ? value.doubleValue() : Double.NaN;
    return number == Math.rint(number) && Math.abs(number) < 1e18
        ? LongNode.valueOf((long) number)
        : value;
  }
}
