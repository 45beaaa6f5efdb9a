package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.grammar.GrammarException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says of a condition which values meet it, one level deep: conditions of items and properties stay
 * conditions. What was once found out is kept.
 */
final class SchemaExpander {
  private static final int MOST_DEPTH = 250;

  /** Levels down to which it is tried whether a condition can be met at all. */
  private static final int PROBE_DEPTH = 4;

  private final SchemaDocument document;
  private final Work work;
  private final ValueAlgebra algebra;
  private final ScalarKeywords scalars;
  private final Combinations combinations;
  private final ObjectKeywords objects;
  private final Map<Formula, ValueSet> known = new HashMap<>();
  private final Map<Formula, Boolean> knownEmpty = new HashMap<>();
  private final Set<Formula> underWay = new HashSet<>();
  private int probes;

  SchemaExpander(SchemaDocument document, Work work, Texts texts) {
    this.document = document;
    this.work = work;
    this.algebra =
        new ValueAlgebra(
            texts.regexes(), work, texts.numbers().all(), texts.strings().all(), this::isEmpty);
    this.scalars = new ScalarKeywords(texts.numbers(), texts.strings(), texts.formats(), algebra);
    this.objects = new ObjectKeywords(texts.regexes(), texts.strings(), algebra);
    this.combinations = new Combinations(this, document, algebra, objects);
  }

  ValueAlgebra algebra() {
    return algebra;
  }

  /** A condition that leads back to itself was met while only trying. */
  private static final class Unknown extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unknown() {
      super(null, null, false, false);
    }
  }

  /**
   * The values that meet a condition.
   *
   * @throws GrammarException {@code schema.…}
   */
  ValueSet expand(Formula formula) {
    ValueSet found = known.get(formula);
    if (found != null) {
      return found;
    }
    work.spend(1, formula.where());
    if (underWay.size() > MOST_DEPTH) {
      throw SchemaErrors.tooComplex(
          formula.where(), "more than " + MOST_DEPTH + " schemas apply within each other");
    }
    if (!underWay.add(formula)) {
      if (probes > 0) {
        throw new Unknown();
      }
      throw SchemaErrors.invalid(formula.where(), "$ref leads back to itself");
    }
    try {
      found = make(formula);
    } catch (GrammarException e) {
      throw SchemaErrors.of(e, formula.where());
    } finally {
      underWay.remove(formula);
    }
    known.put(formula, found);
    return found;
  }

  private ValueSet make(Formula formula) {
    if (formula instanceof Formula.Of of) {
      return schema(of.schema());
    }
    if (formula instanceof Formula.Same same) {
      return scalars.among(List.of(same.value()), "");
    }
    if (formula instanceof Formula.Not not) {
      return algebra.not(expand(not.of()), formula.where());
    }
    if (formula.equals(Formula.Truth.FALSE)) {
      return algebra.none();
    }
    ValueSet all = algebra.any();
    if (formula instanceof Formula.All parts) {
      for (Formula part : parts.parts()) {
        all = algebra.and(all, expand(part), formula.where());
      }
    }
    return all;
  }

  /** Whether no value meets a condition; false where that is not found out. */
  boolean isEmpty(Formula formula) {
    if (formula.equals(Formula.Truth.TRUE) || formula.equals(Formula.Truth.FALSE)) {
      return formula.equals(Formula.Truth.FALSE);
    }
    Boolean found = knownEmpty.get(formula);
    if (found != null) {
      return found;
    }
    if (probes >= PROBE_DEPTH) {
      return false;
    }
    probes++;
    try {
      boolean empty = expand(formula).isEmpty();
      knownEmpty.put(formula, empty);
      return empty;
    } catch (Unknown e) {
      return false;
    } catch (GrammarException e) {
      if (e.code().endsWith("too_complex")) {
        throw e;
      }
      return false; // it is said where the condition is needed
    } finally {
      probes--;
    }
  }

  /** Values that are valid against a schema; nothing is kept. */
  ValueSet schema(SchemaNode node) {
    Keywords k = keywords(node);
    if (document.referencesStandAlone() && k.has("$ref")) {
      return combinations.read("$ref", k);
    }
    List<String> parts = new ArrayList<>();
    for (Iterator<String> names = node.json().fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (Combinations.KEYWORDS.contains(name) || name.equals("properties")) {
        parts.add(name);
      }
    }
    if (!parts.contains("properties")) {
      parts.add("properties");
    }
    ValueSet all = algebra.any();
    for (String part : parts) {
      ValueSet one;
      try {
        one = part.equals("properties") ? own(k) : part(part, k);
      } catch (GrammarException e) {
        throw SchemaErrors.of(e, part.equals("properties") ? node.path() : k.at(part));
      }
      if (one != null) {
        all = algebra.and(all, one, node.path());
      }
    }
    return combinations.unevaluated(all, k);
  }

  /** The keywords of a schema. */
  Keywords keywords(SchemaNode node) {
    return new Keywords(node, document);
  }

  /** What a schema's {@code $ref} leads to. */
  SchemaNode target(SchemaNode node) {
    return document.target(node, node.json().path("$ref").asText(), node.at("$ref"));
  }

  /** Types, and the keywords of each type. */
  private ValueSet own(Keywords k) {
    ValueSet own = scalars.read(k);
    if (!own.arrays().isEmpty() && ArrayKeywords.present(k)) {
      own = own.withArrays(alive(ArrayKeywords.read(k)), true);
    }
    if (!own.objects().isEmpty() && ObjectKeywords.present(k)) {
      ObjectShape shape = objects.read(k);
      own = own.withObjects(algebra.isDead(shape) ? List.of() : List.of(shape), true);
    }
    return own;
  }

  private List<ArrayShape> alive(ArrayShape shape) {
    return algebra.isDead(shape) ? List.of() : List.of(shape);
  }

  private @Nullable ValueSet part(String keyword, Keywords k) {
    if (keyword.equals("const")) {
      return scalars.among(List.of(k.value("const")), k.at("const"));
    }
    if (keyword.equals("enum")) {
      JsonNode values = k.value("enum");
      if (!values.isArray()) {
        throw SchemaErrors.invalid(k.at("enum"), "enum has to be a list");
      }
      work.spend(values.size(), k.at("enum"));
      return scalars.among(values, k.at("enum"));
    }
    return combinations.read(keyword, k);
  }
}
