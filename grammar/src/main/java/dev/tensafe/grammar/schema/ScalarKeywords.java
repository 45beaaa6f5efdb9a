package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.grammar.regex.Regexes;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Keywords of numbers and strings, and those that list values: type, enum, const. */
final class ScalarKeywords {
  private static final Map<String, Integer> KINDS =
      Map.of(
          "null", 1, "boolean", 2, "integer", 4, "number", 8, "string", 16, "array", 32, "object",
          64);

  private final NumberTexts numbers;
  private final StringTexts strings;
  private final Formats formats;
  private final ValueAlgebra algebra;

  ScalarKeywords(NumberTexts numbers, StringTexts strings, Formats formats, ValueAlgebra algebra) {
    this.numbers = numbers;
    this.strings = strings;
    this.formats = formats;
    this.algebra = algebra;
  }

  /** Values that {@code type} and the keywords of scalars allow. */
  ValueSet read(Keywords k) {
    int kinds = kinds(k);
    NumberTexts.Bounds number = numbers(k, kinds);
    NumberTexts.Bounds string = (kinds & 16) == 0 ? none() : strings(k);
    ValueSet any = algebra.any();
    return new ValueSet(
        ((kinds & 1) != 0 ? ValueSet.NULL : 0)
            | ((kinds & 2) != 0 ? ValueSet.YES | ValueSet.NO : 0),
        number.low(),
        number.high(),
        string.low(),
        string.high(),
        (kinds & 32) != 0 ? any.arrays() : List.of(),
        (kinds & 64) != 0 ? any.objects() : List.of(),
        true);
  }

  private static NumberTexts.Bounds none() {
    return new NumberTexts.Bounds(Regexes.NOTHING, Regexes.NOTHING);
  }

  private static int kinds(Keywords k) {
    JsonNode type = k.value("type");
    if (type.isMissingNode()) {
      return 127;
    }
    List<String> names = type.isTextual() ? List.of(type.asText()) : k.texts("type");
    int kinds = 0;
    for (String name : names) {
      Integer kind = KINDS.get(name);
      if (kind == null) {
        throw SchemaErrors.invalid(k.at("type"), "type \"" + name + "\" is none of JSON Schema");
      }
      kinds |= kind;
    }
    return kinds;
  }

  private NumberTexts.Bounds numbers(Keywords k, int kinds) {
    NumberTexts.Bounds all = new NumberTexts.Bounds(numbers.all(), numbers.all());
    if ((kinds & 12) == 0) {
      return none();
    }
    if ((kinds & 8) == 0) {
      all = both(all, numbers.integers());
    }
    BigDecimal of = k.number("multipleOf");
    if (of != null) {
      if (of.signum() <= 0) {
        throw SchemaErrors.invalid(k.at("multipleOf"), "multipleOf has to be positive");
      }
      all = limited(all, k.at("multipleOf"), where -> numbers.multiples(of, where));
    }
    BigDecimal minimum = k.number("minimum");
    if (minimum != null) {
      boolean more = k.value("exclusiveMinimum").isBoolean() && k.flag("exclusiveMinimum");
      all = limited(all, k.at("minimum"), where -> numbers.atLeast(minimum, more, where));
    }
    BigDecimal maximum = k.number("maximum");
    if (maximum != null) {
      boolean less = k.value("exclusiveMaximum").isBoolean() && k.flag("exclusiveMaximum");
      all = limited(all, k.at("maximum"), where -> numbers.atMost(maximum, less, where));
    }
    // up to draft 4 they are true or false, and say how minimum and maximum are meant
    if (!k.value("exclusiveMinimum").isBoolean()) {
      BigDecimal limit = k.number("exclusiveMinimum");
      if (limit != null) {
        all = limited(all, k.at("exclusiveMinimum"), w -> numbers.atLeast(limit, true, w));
      }
    }
    if (!k.value("exclusiveMaximum").isBoolean()) {
      BigDecimal limit = k.number("exclusiveMaximum");
      if (limit != null) {
        all = limited(all, k.at("exclusiveMaximum"), w -> numbers.atMost(limit, true, w));
      }
    }
    return all;
  }

  private NumberTexts.Bounds limited(
      NumberTexts.Bounds all, String where, Function<String, NumberTexts.Bounds> limit) {
    return SchemaErrors.at(where, () -> both(all, limit.apply(where)));
  }

  private NumberTexts.Bounds both(NumberTexts.Bounds a, NumberTexts.Bounds b) {
    int universe = numbers.all();
    return new NumberTexts.Bounds(
        algebra.both(a.low(), b.low(), universe), algebra.both(a.high(), b.high(), universe));
  }

  private NumberTexts.Bounds strings(Keywords k) {
    int universe = strings.all();
    int low = universe;
    int high = universe;
    String pattern = k.text("pattern");
    if (pattern != null) {
      low = strings.pattern(pattern, k.at("pattern"));
      high = low;
    }
    int min = k.count("minLength", 0);
    int max = k.count("maxLength", ArrayShape.UNBOUNDED);
    if (min > max) {
      return none();
    }
    if (min > StringTexts.MOST_LENGTH) {
      throw SchemaErrors.tooComplex(k.at("minLength"), "minLength over " + StringTexts.MOST_LENGTH);
    }
    boolean cut = max != ArrayShape.UNBOUNDED && max > StringTexts.MOST_LENGTH;
    NumberTexts.Bounds of = new NumberTexts.Bounds(low, high);
    NumberTexts.Bounds sized =
        SchemaErrors.at(
            k.at(k.has("maxLength") ? "maxLength" : "minLength"),
            () -> {
              int written = strings.lengths(min, cut ? StringTexts.MOST_LENGTH : max);
              int meant = cut ? strings.lengths(min, ArrayShape.UNBOUNDED) : written;
              return new NumberTexts.Bounds(
                  algebra.both(of.low(), written, universe),
                  algebra.both(of.high(), meant, universe));
            });
    low = sized.low();
    high = sized.high();
    // an annotation for some validators: the contrary of a format is not what another reads
    String format = k.value("format").isTextual() ? k.text("format") : null;
    if (format != null && Formats.isEnforced(format)) {
      int before = low;
      low =
          SchemaErrors.at(
              k.at("format"), () -> algebra.both(before, formats.strings(format), universe));
    }
    return new NumberTexts.Bounds(low, high);
  }

  /** Values equal to one of several. */
  ValueSet among(Iterable<JsonNode> values, String where) {
    int fixed = 0;
    int number = Regexes.NOTHING;
    int numberAbove = Regexes.NOTHING;
    List<String> texts = new ArrayList<>();
    List<ArrayShape> arrays = new ArrayList<>();
    List<ObjectShape> objects = new ArrayList<>();
    List<NumberTexts.Bounds> bounds = new ArrayList<>();
    for (JsonNode value : values) {
      if (value.isNull()) {
        fixed |= ValueSet.NULL;
      } else if (value.isBoolean()) {
        fixed |= value.booleanValue() ? ValueSet.YES : ValueSet.NO;
      } else if (value.isNumber()) {
        if (value.isDouble() && !Double.isFinite(value.doubleValue())) {
          throw SchemaErrors.invalid(where, "a number that is none of JSON");
        }
        bounds.add(numbers.value(value.decimalValue(), where));
      } else if (value.isTextual()) {
        texts.add(value.asText());
      } else if (value.isArray()) {
        arrays.add(array(value, where));
      } else if (value.isObject()) {
        objects.add(object(value, where));
      }
    }
    if (!bounds.isEmpty()) {
      number = algebra.eitherNumber(bounds.stream().mapToInt(NumberTexts.Bounds::low).toArray());
      numberAbove =
          algebra.eitherNumber(bounds.stream().mapToInt(NumberTexts.Bounds::high).toArray());
    }
    int string = texts.isEmpty() ? Regexes.NOTHING : strings.literals(texts);
    return new ValueSet(fixed, number, numberAbove, string, string, arrays, objects, true);
  }

  private static ArrayShape array(JsonNode value, String where) {
    List<Formula> items = new ArrayList<>();
    value.forEach(item -> items.add(new Formula.Same(item)));
    return ArrayShape.ANY
        .withItems(items, Formula.Truth.FALSE, ArrayShape.UNBOUNDED)
        .withLengths(items.size(), items.size())
        .with(false, where);
  }

  private ObjectShape object(JsonNode value, String where) {
    ObjectShape shape = ObjectShape.ANY.withCounts(0, ArrayShape.UNBOUNDED, where);
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      names.add(entry.getKey());
      shape = shape.with(entry.getKey(), new Formula.Same(entry.getValue()), true);
    }
    int others =
        names.isEmpty() ? strings.all() : algebra.rest(strings.literals(names), strings.all());
    return shape.with(new ObjectShape.Rule(others, Set.copyOf(names), Formula.Truth.FALSE));
  }
}
