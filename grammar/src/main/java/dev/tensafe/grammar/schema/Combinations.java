package dev.tensafe.grammar.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Keywords that apply other schemas to the same value, or make one part of it depend on another.
 */
final class Combinations {
  /** Those read here, and {@code enum} and {@code const}. */
  static final Set<String> KEYWORDS =
      Set.of(
          "enum",
          "const",
          "$ref",
          "$dynamicRef",
          "$recursiveRef",
          "allOf",
          "anyOf",
          "oneOf",
          "not",
          "if",
          "dependentRequired",
          "dependentSchemas",
          "dependencies",
          "propertyNames");

  private final SchemaExpander expander;
  private final SchemaDocument document;
  private final ValueAlgebra algebra;
  private final ObjectKeywords objects;

  Combinations(
      SchemaExpander expander,
      SchemaDocument document,
      ValueAlgebra algebra,
      ObjectKeywords objects) {
    this.expander = expander;
    this.document = document;
    this.algebra = algebra;
    this.objects = objects;
  }

  /** The values that one of {@link #KEYWORDS} allows. */
  ValueSet read(String keyword, Keywords k) {
    String where = k.at(keyword);
    return switch (keyword) {
      case "$ref", "$dynamicRef", "$recursiveRef" -> reference(keyword, k, where);
      case "allOf" -> allOf(k, where);
      case "anyOf" -> anyOf(k, where);
      case "oneOf" -> algebra.one(expand(some(k, keyword)), where);
      case "not" -> algebra.not(expand(k.schema("not")), where);
      case "if" -> conditional(k, where);
      case "propertyNames" -> propertyNames(k, where);
      case "dependentRequired", "dependentSchemas", "dependencies" -> dependent(keyword, k, where);
      default -> algebra.any();
    };
  }

  private ValueSet expand(SchemaNode schema) {
    return expander.expand(Formula.of(schema));
  }

  private List<ValueSet> expand(List<SchemaNode> schemas) {
    List<ValueSet> all = new ArrayList<>();
    schemas.forEach(schema -> all.add(expand(schema)));
    return all;
  }

  private static List<SchemaNode> some(Keywords k, String keyword) {
    List<SchemaNode> schemas = k.schemas(keyword);
    if (schemas.isEmpty()) {
      throw SchemaErrors.invalid(
          k.at(keyword), keyword + " has to be a list of schemas, not empty");
    }
    return schemas;
  }

  private ValueSet reference(String keyword, Keywords k, String where) {
    String reference = k.text(keyword);
    if (reference == null) {
      return algebra.any();
    }
    SchemaNode target =
        keyword.equals("$ref")
            ? document.target(k.schema(), reference, where)
            : document.dynamicTarget(k.schema(), reference, where);
    return expand(target);
  }

  private ValueSet allOf(Keywords k, String where) {
    ValueSet all = algebra.any();
    for (SchemaNode schema : some(k, "allOf")) {
      all = algebra.and(all, expand(schema), where);
    }
    return all;
  }

  private ValueSet anyOf(Keywords k, String where) {
    ValueSet any = algebra.none();
    for (ValueSet one : expand(some(k, "anyOf"))) {
      // a value may be valid against several, and each says what was evaluated
      ValueSet too = document.usesUnevaluated() ? algebra.and(any, one, where) : algebra.none();
      any = algebra.or(algebra.or(any, one, where), too, where);
    }
    return any;
  }

  private ValueSet conditional(Keywords k, String where) {
    boolean then = k.has("then");
    boolean otherwise = k.has("else");
    if (!then && !otherwise && !document.usesUnevaluated()) {
      return algebra.any();
    }
    ValueSet condition = expand(k.schema("if"));
    ValueSet met = then ? algebra.and(condition, expand(k.schema("then")), where) : condition;
    ValueSet not = algebra.not(condition, where);
    ValueSet unmet = otherwise ? algebra.and(not, expand(k.schema("else")), where) : not;
    return algebra.or(met, unmet, where);
  }

  private ValueSet propertyNames(Keywords k, String where) {
    ValueSet names = expand(k.schema("propertyNames"));
    ValueSet any = algebra.any();
    boolean exact = names.strings() == names.stringsAbove();
    return any.withObjects(List.of(objects.named(names.strings(), where)), exact);
  }

  private ValueSet dependent(String keyword, Keywords k, String where) {
    ValueSet any = algebra.any();
    ValueSet all = any;
    if (!keyword.equals("dependentSchemas")) {
      for (Map.Entry<String, List<String>> d : k.lists(keyword).entrySet()) {
        List<ObjectShape> forms = objects.dependent(d.getKey(), d.getValue());
        all = algebra.and(all, any.withObjects(forms, true), where);
      }
    }
    if (!keyword.equals("dependentRequired")) {
      for (Map.Entry<String, SchemaNode> d : k.schemaMap(keyword).entrySet()) {
        List<ObjectShape> forms = objects.dependent(d.getKey(), List.of());
        ValueSet without = any.withObjects(List.of(forms.get(0)), true);
        ValueSet has = any.withObjects(List.of(forms.get(1)), true);
        ValueSet with = algebra.and(expand(d.getValue()), has, where);
        // values that are no objects have no such property
        all = algebra.and(all, algebra.or(without, with, where), where);
      }
    }
    return all;
  }

  /** What the unevaluated… keywords of a schema leave of what its other keywords allow. */
  ValueSet unevaluated(ValueSet all, Keywords k) {
    ValueSet left = all;
    if (k.has("unevaluatedProperties")) {
      Formula formula = Formula.of(k.schema("unevaluatedProperties"));
      boolean exact =
          left.exact() && (left.objects().size() < 2 || formula.equals(Formula.Truth.TRUE));
      left = left.withObjects(objects.unevaluated(left.objects(), formula), exact);
    }
    if (k.has("unevaluatedItems")) {
      Formula formula = Formula.of(k.schema("unevaluatedItems"));
      boolean exact =
          left.exact() && (left.arrays().size() < 2 || formula.equals(Formula.Truth.TRUE));
      List<ArrayShape> forms = new ArrayList<>();
      for (ArrayShape form : left.arrays()) {
        forms.add(unevaluated(form, formula, k.at("unevaluatedItems")));
      }
      left = left.withArrays(forms, exact);
    }
    return left;
  }

  private static ArrayShape unevaluated(ArrayShape form, Formula formula, String where) {
    if (form.evaluated() == ArrayShape.UNBOUNDED) {
      return form;
    }
    Formula others = formula;
    if (!form.contains().isEmpty() && !formula.equals(Formula.Truth.TRUE)) {
      // an item that "contains" has found is evaluated
      Set<Integer> from = new TreeSet<>();
      form.contains().forEach(c -> from.add(c.from()));
      if (form.contains().size() > 1 || !formula.equals(Formula.Truth.FALSE) || !from.contains(0)) {
        throw SchemaErrors.unsupported(where, "unevaluatedItems beside contains");
      }
      others = form.contains().iterator().next().formula();
    }
    List<Formula> prefix = new ArrayList<>();
    for (int i = 0; i < form.prefix().size(); i++) {
      prefix.add(i < form.evaluated() ? form.at(i) : Formula.all(form.at(i), others));
    }
    return form.withItems(prefix, Formula.all(form.rest(), others), ArrayShape.UNBOUNDED);
  }
}
