package dev.tensafe.model.template;

import java.util.List;
import java.util.Map;

/** Jinja's tests: {@code x is name}. */
final class Tests {
  private Tests() {}

  static void register(Map<String, Environment.Test> tests) {
    tests.put("defined", (v, a, f) -> !(v instanceof Undefined));
    tests.put("undefined", (v, a, f) -> v instanceof Undefined);
    tests.put("none", (v, a, f) -> v == null);
    tests.put("true", (v, a, f) -> Boolean.TRUE.equals(v));
    tests.put("false", (v, a, f) -> Boolean.FALSE.equals(v));
    tests.put("boolean", (v, a, f) -> v instanceof Boolean);
    tests.put("string", (v, a, f) -> v instanceof String);
    tests.put("number", (v, a, f) -> Numbers.isNumeric(v));
    tests.put("integer", (v, a, f) -> v instanceof Number && !(v instanceof Double));
    tests.put("float", (v, a, f) -> v instanceof Double);
    tests.put("mapping", (v, a, f) -> v instanceof Map);
    tests.put(
        "sequence",
        (v, a, f) ->
            v instanceof String || v instanceof List || v instanceof Map || v instanceof Undefined);
    tests.put("iterable", (v, a, f) -> Values.isIterable(v));
    tests.put("callable", (v, a, f) -> v instanceof Callable);
    tests.put("odd", (v, a, f) -> Math.floorMod(Numbers.integer(v), 2L) == 1);
    tests.put("even", (v, a, f) -> Math.floorMod(Numbers.integer(v), 2L) == 0);
    tests.put("divisibleby", (v, a, f) -> Numbers.apply("%", v, a.required(0, "num")).equals(0L));
    tests.put("lower", (v, a, f) -> StringMethods.isLower(Text.str(v, f.budget())));
    tests.put("upper", (v, a, f) -> StringMethods.isUpper(Text.str(v, f.budget())));
    tests.put("sameas", (v, a, f) -> v == a.required(0, "other"));
    tests.put("filter", (v, a, f) -> v instanceof String name && f.environment().hasFilter(name));
    tests.put("test", (v, a, f) -> v instanceof String name && f.environment().hasTest(name));
    Environment.Test in = (v, a, f) -> Values.contains(a.required(0, "seq"), v, f.budget());
    tests.put("in", in);
    comparison(tests, "==", "eq", "equalto", "==");
    comparison(tests, "!=", "ne", "!=");
    comparison(tests, "<", "lt", "lessthan", "<");
    comparison(tests, "<=", "le", "<=");
    comparison(tests, ">", "gt", "greaterthan", ">");
    comparison(tests, ">=", "ge", ">=");
  }

  private static void comparison(
      Map<String, Environment.Test> tests, String operator, String... names) {
    for (String name : names) {
      tests.put(
          name,
          (v, a, f) -> Expr.Comparison.holds(operator, v, a.required(0, "other"), f.budget()));
    }
  }
}
