package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the reason why no value is valid against a schema: the deepest place, and the keyword
 * there with which nothing is left. Confined to one thread; used once.
 */
final class UnmetSchema {
  private static final String NONE = "no value is valid against it";

  private final SchemaExpander expander;
  private final Texts texts;
  private final Map<Formula, Integer> symbols;
  private final IntPredicate some;
  private final Set<Formula> seen = new HashSet<>();

  /**
   * @param symbols of conditions that are written
   * @param some whether some text is of a symbol
   */
  UnmetSchema(
      SchemaExpander expander, Texts texts, Map<Formula, Integer> symbols, IntPredicate some) {
    this.expander = expander;
    this.texts = texts;
    this.symbols = symbols;
    this.some = some;
  }

  /** The error about a condition that nothing meets. */
  GrammarException error(Formula formula) {
    return find(formula, formula.where());
  }

  /**
   * @param place of the condition, where it has none of its own
   */
  private GrammarException find(Formula formula, String place) {
    String where = formula.where().isEmpty() ? place : formula.where();
    if (!seen.add(formula)) {
      return SchemaErrors.invalid(where, NONE + ": it leads back to itself and never ends");
    }
    try {
      ValueSet set = expander.expand(formula);
      if (isEmpty(set)) {
        return formula instanceof Formula.All all
            ? first(all, where)
            : formula instanceof Formula.Of of ? keyword(of.schema()) : none(where);
      }
      GrammarException within = within(set);
      return within == null ? none(where) : within;
    } catch (GrammarException e) {
      return none(where); // to look further is too much
    }
  }

  private static GrammarException none(String where) {
    return SchemaErrors.invalid(where, NONE);
  }

  private boolean isEmpty(ValueSet set) {
    int scalars = texts.scalars(set);
    boolean scalar = scalars != Regexes.NOTHING && texts.regexes().isAlive(scalars);
    return !scalar && set.arrays().isEmpty() && set.objects().isEmpty();
  }

  /** Of several conditions the first with which nothing is left. */
  private GrammarException first(Formula.All all, String where) {
    ValueSet left = expander.algebra().any();
    for (Formula part : all.parts()) {
      ValueSet one = expander.expand(part);
      if (isEmpty(one)) {
        return find(part, where);
      }
      left = expander.algebra().and(left, one, part.where());
      if (isEmpty(left)) {
        return SchemaErrors.invalid(part.where(), NONE + " and what else holds in this place");
      }
    }
    return none(where);
  }

  /** What an object or an array must have, and cannot. */
  private @Nullable GrammarException within(ValueSet set) {
    for (ObjectShape shape : set.objects()) {
      for (String name : shape.required()) {
        Formula needed = shape.named().getOrDefault(name, Formula.Truth.TRUE);
        if (isUnmet(needed)) {
          return find(needed, shape.where());
        }
      }
    }
    for (ArrayShape shape : set.arrays()) {
      for (int i = 0; i < Math.min(shape.min(), shape.prefix().size() + 1); i++) {
        if (isUnmet(shape.at(i))) {
          return find(shape.at(i), shape.where());
        }
      }
    }
    return null;
  }

  private boolean isUnmet(Formula formula) {
    Integer symbol = symbols.get(formula);
    return formula.equals(Formula.Truth.FALSE) || (symbol != null && !some.test(symbol));
  }

  /** The keyword of a schema with which nothing is left, or what makes it so. */
  private GrammarException keyword(SchemaNode node) {
    ObjectNode part = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> field : node.json().properties()) {
      part.set(field.getKey(), field.getValue());
      SchemaNode partly = new SchemaNode(part.deepCopy(), node.path(), node.base());
      if (!isEmpty(expander.schema(partly))) {
        continue;
      }
      SchemaNode below = below(node, field.getKey());
      if (below != null) {
        return find(Formula.of(below), below.path());
      }
      String but = part.size() == 1 ? "" : " and what stands before it";
      return SchemaErrors.invalid(node.at(field.getKey()), NONE + but);
    }
    return none(node.path());
  }

  /** A schema in a keyword's value, or needed by it, that nothing meets by itself. */
  private @Nullable SchemaNode below(SchemaNode node, String keyword) {
    Keywords k = expander.keywords(node);
    List<SchemaNode> needed = new ArrayList<>();
    if (keyword.equals("$ref")) {
      needed.add(expander.target(node));
    } else if (keyword.equals("allOf")) {
      needed.addAll(k.schemas("allOf"));
    } else if (!Combinations.KEYWORDS.contains(keyword)) {
      Map<String, SchemaNode> properties = k.schemaMap("properties");
      for (String name : k.texts("required")) {
        if (properties.containsKey(name)) {
          needed.add(properties.get(name));
        }
      }
      if (k.isSchema("items") && k.count("minItems", 0) > 0) {
        needed.add(k.schema("items"));
      }
    }
    for (SchemaNode schema : needed) {
      if (expander.isEmpty(Formula.of(schema))) {
        return schema;
      }
    }
    return null;
  }
}
