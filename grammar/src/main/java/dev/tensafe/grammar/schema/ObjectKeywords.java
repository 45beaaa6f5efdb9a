package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Keywords of objects that hold whatever other keywords say. */
final class ObjectKeywords {
  private final Regexes regexes;
  private final StringTexts strings;
  private final ValueAlgebra algebra;

  ObjectKeywords(Regexes regexes, StringTexts strings, ValueAlgebra algebra) {
    this.regexes = regexes;
    this.strings = strings;
    this.algebra = algebra;
  }

  static boolean present(Keywords k) {
    return List.of(
            "properties",
            "required",
            "patternProperties",
            "additionalProperties",
            "minProperties",
            "maxProperties")
        .stream()
        .anyMatch(k::has);
  }

  /** The form that they describe. */
  ObjectShape read(Keywords k) {
    ObjectShape shape =
        ObjectShape.ANY.withCounts(
            k.count("minProperties", 0),
            k.count("maxProperties", ArrayShape.UNBOUNDED),
            k.schema().path());
    List<Integer> looked = new ArrayList<>();
    Map<String, SchemaNode> properties = k.schemaMap("properties");
    Map<String, Formula> named = new LinkedHashMap<>();
    properties.forEach((name, schema) -> named.put(name, Formula.of(schema)));
    if (!properties.isEmpty()) {
      looked.add(strings.literals(properties.keySet()));
    }
    for (Map.Entry<String, SchemaNode> p : k.schemaMap("patternProperties").entrySet()) {
      int names = strings.pattern(p.getKey(), k.at("patternProperties", p.getKey()));
      looked.add(names);
      shape = shape.with(new ObjectShape.Rule(names, Formula.of(p.getValue())));
    }
    if (k.has("additionalProperties")) {
      int others = names(looked);
      others = algebra.rest(others, strings.all());
      Formula formula = Formula.of(k.schema("additionalProperties"));
      if (others != Regexes.NOTHING) {
        shape = shape.with(new ObjectShape.Rule(others, Set.copyOf(properties.keySet()), formula));
      }
      looked.add(strings.all());
    }
    if (k.value("required").isBoolean()) {
      throw SchemaErrors.invalid(k.at("required"), "required has to be a list of names");
    }
    List<String> required = k.texts("required");
    required.forEach(name -> named.putIfAbsent(name, Formula.Truth.TRUE));
    shape = shape.withNamed(named, required);
    for (int names : looked) {
      shape = shape.looked(names);
    }
    return shape;
  }

  /** The union of languages of names. */
  int names(Iterable<Integer> languages) {
    Set<Integer> all = new TreeSet<>();
    languages.forEach(all::add);
    return all.contains(strings.all())
        ? strings.all()
        : regexes.any(all.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Forms in which names are of a language. */
  ObjectShape named(int names, String where) {
    int others = algebra.rest(names, strings.all());
    ObjectShape any = ObjectShape.ANY.withCounts(0, ArrayShape.UNBOUNDED, where);
    return others == Regexes.NOTHING
        ? any
        : any.with(new ObjectShape.Rule(others, Formula.Truth.FALSE));
  }

  /** What is left of forms when properties that nothing has looked at are so. */
  List<ObjectShape> unevaluated(List<ObjectShape> forms, Formula formula) {
    List<ObjectShape> all = new ArrayList<>();
    for (ObjectShape form : forms) {
      int others = algebra.rest(names(form.evaluated()), strings.all());
      ObjectShape now =
          others == Regexes.NOTHING ? form : form.with(new ObjectShape.Rule(others, formula));
      all.add(now.looked(strings.all()));
    }
    return all;
  }

  /** Forms in which one name needs others. */
  List<ObjectShape> dependent(String name, List<String> needed) {
    ObjectShape with = ObjectShape.ANY.with(name, Formula.Truth.TRUE, true);
    for (String other : needed) {
      with = with.with(other, Formula.Truth.TRUE, true);
    }
    return List.of(ObjectShape.ANY.with(name, Formula.Truth.FALSE, false), with);
  }
}
