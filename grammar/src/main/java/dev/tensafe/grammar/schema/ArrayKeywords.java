package dev.tensafe.grammar.schema;

import java.util.ArrayList;
import java.util.List;

/** Keywords of arrays. */
final class ArrayKeywords {
  private ArrayKeywords() {}

  /** The form that they describe. */
  static ArrayShape read(Keywords k) {
    List<Formula> prefix = new ArrayList<>();
    Formula rest = Formula.Truth.TRUE;
    int evaluated = 0;
    // "items" as a list, and "additionalItems": up to draft 2019-09
    String list = k.has("prefixItems") ? "prefixItems" : k.value("items").isArray() ? "items" : "";
    if (!list.isEmpty()) {
      k.schemas(list).forEach(schema -> prefix.add(Formula.of(schema)));
      evaluated = prefix.size();
    }
    String others = list.equals("items") ? "additionalItems" : k.has("items") ? "items" : "";
    if (!others.isEmpty() && k.has(others)) {
      rest = Formula.of(k.schema(others));
      evaluated = ArrayShape.UNBOUNDED;
    }
    int min = k.count("minItems", 0);
    int max = k.count("maxItems", ArrayShape.UNBOUNDED);
    ArrayShape shape =
        ArrayShape.ANY
            .withItems(prefix, rest, evaluated)
            .withLengths(min, max)
            .with(k.flag("uniqueItems"), k.schema().path());
    if (k.has("contains")) {
      Formula formula = Formula.of(k.schema("contains"));
      int least = k.count("minContains", 1);
      int most = k.count("maxContains", ArrayShape.UNBOUNDED);
      shape = shape.with(new ArrayShape.Contains(0, formula, least, most));
    }
    return shape;
  }

  static boolean present(Keywords k) {
    return List.of("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains")
        .stream()
        .anyMatch(k::has);
  }
}
