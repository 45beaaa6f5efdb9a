package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A compiled expression. */
interface Expr {
  @Nullable Object evaluate(VariableScope scope);

  /** Evaluates, charging one step. */
  static @Nullable Object value(Expr expr, VariableScope scope) {
    scope.budget().step();
    return expr.evaluate(scope);
  }

  /** A literal. */
  record Constant(@Nullable Object value) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      return value;
    }
  }

  /** A variable. */
  record Name(String name) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      return scope.get(name);
    }
  }

  /** {@code [a, b]} or {@code (a, b)}. */
  record Sequence(List<Expr> items, boolean tuple) implements Expr {
    @Override
    public Object evaluate(VariableScope scope) {
      List<@Nullable Object> out = new ArrayList<>(items.size());
      for (Expr item : items) {
        out.add(value(item, scope));
      }
      return tuple ? new Tuple(out) : out;
    }
  }

  /** {@code {key: value}}. */
  record Dict(List<Expr> keys, List<Expr> values) implements Expr {
    @Override
    public Object evaluate(VariableScope scope) {
      Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        out.put(value(keys.get(i), scope), value(values.get(i), scope));
      }
      return out;
    }
  }

  /** {@code and}, {@code or}: the deciding operand itself. */
  record Logic(boolean and, Expr left, Expr right) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      Object first = value(left, scope);
      return Values.truthy(first) == and ? value(right, scope) : first;
    }
  }

  /** {@code not}. */
  record Not(Expr operand) implements Expr {
    @Override
    public Object evaluate(VariableScope scope) {
      return !Values.truthy(value(operand, scope));
    }
  }

  /** Unary minus or plus. */
  record Sign(boolean minus, Expr operand) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      Object inner = value(operand, scope);
      if (!Numbers.isNumeric(inner)) {
        throw TemplateException.error("bad operand type for sign: " + Values.typeName(inner));
      }
      return minus
          ? Numbers.negate(inner)
          : inner instanceof Boolean ? Numbers.integer(inner) : inner;
    }
  }

  /** Arithmetic, concatenation of lists and strings, repetition. */
  record Binary(String operator, Expr left, Expr right) implements Expr {
    @Override
    public Object evaluate(VariableScope scope) {
      Object a = value(left, scope);
      Object b = value(right, scope);
      if (a instanceof Undefined undefined) {
        throw undefined.error();
      }
      if (b instanceof Undefined undefined) {
        throw undefined.error();
      }
      if (operator.equals("+")) {
        if (a instanceof String x && b instanceof String y) {
          scope.budget().bulk((long) x.length() + y.length());
          return x + y;
        }
        if (a instanceof List<?> x
            && b instanceof List<?> y
            && (a instanceof Tuple) == (b instanceof Tuple)) {
          scope.budget().bulk(64L * (x.size() + y.size()));
          List<@Nullable Object> joined = new ArrayList<>(x);
          joined.addAll(y);
          return a instanceof Tuple ? new Tuple(joined) : joined;
        }
      } else if (operator.equals("*") && (a instanceof String || b instanceof String)) {
        return repeat(a instanceof String ? a : b, a instanceof String ? b : a, scope);
      }
      return Numbers.apply(operator, a, b);
    }

    private static Object repeat(
        @Nullable Object text, @Nullable Object count, VariableScope scope) {
      long times = Math.max(0, Numbers.integer(count));
      String unit = (String) java.util.Objects.requireNonNull(text);
      if (times > 16_000_000) {
        throw new TemplateException("template.limit", "a string is repeated too often");
      }
      scope.budget().bulk(unit.length() * times);
      return unit.repeat((int) times);
    }
  }

  /** {@code a ~ b}: concatenation as text. */
  record Concat(List<Expr> parts) implements Expr {
    @Override
    public Object evaluate(VariableScope scope) {
      StringBuilder out = new StringBuilder();
      for (Expr part : parts) {
        out.append(Text.str(value(part, scope), scope.budget()));
        scope.budget().bulk(out.length());
      }
      return out.toString();
    }
  }

  /** {@code a < b <= c}: chained as in Python. */
  record Comparison(Expr first, List<String> operators, List<Expr> operands) implements Expr {
    @Override
    public Object evaluate(VariableScope scope) {
      Object left = value(first, scope);
      for (int i = 0; i < operators.size(); i++) {
        Object right = value(operands.get(i), scope);
        if (!holds(operators.get(i), left, right, scope.budget())) {
          return false;
        }
        left = right;
      }
      return true;
    }

    static boolean holds(String operator, @Nullable Object a, @Nullable Object b, Budget budget) {
      return switch (operator) {
        case "==" -> Values.equal(a, b);
        case "!=" -> !Values.equal(a, b);
        case "in" -> Values.contains(b, a, budget);
        case "not in" -> !Values.contains(b, a, budget);
        case "<" -> Values.compare(a, b) < 0;
        case "<=" -> Values.compare(a, b) <= 0;
        case ">" -> Values.compare(a, b) > 0;
        case ">=" -> Values.compare(a, b) >= 0;
        default -> throw new IllegalArgumentException(operator);
      };
    }
  }

  /** {@code a if c else b}; without {@code else}, undefined. */
  record Conditional(Expr condition, Expr then, @Nullable Expr otherwise) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      if (Values.truthy(value(condition, scope))) {
        return value(then, scope);
      }
      return otherwise == null ? new Undefined("inline if") : value(otherwise, scope);
    }
  }

  /** {@code a.name}. */
  record Attribute(Expr object, String name) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      return Attributes.attribute(value(object, scope), name);
    }
  }

  /** {@code a[key]}. */
  record Item(Expr object, Expr key) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      return Attributes.item(value(object, scope), value(key, scope));
    }
  }

  /** {@code a[start:stop:step]}. */
  record Slice(Expr object, @Nullable Expr start, @Nullable Expr stop, @Nullable Expr step)
      implements Expr {
    @Override
    public Object evaluate(VariableScope scope) {
      return Attributes.slice(
          value(object, scope), bound(start, scope), bound(stop, scope), bound(step, scope));
    }

    private static @Nullable Long bound(@Nullable Expr expr, VariableScope scope) {
      Object inner = expr == null ? null : value(expr, scope);
      return inner == null ? null : Numbers.integer(inner);
    }
  }

  /** Arguments of a call, filter or test. */
  record ArgumentList(List<Expr> positional, Map<String, Expr> named, @Nullable Expr spread) {
    static final ArgumentList NONE = new ArgumentList(List.of(), Map.of(), null);

    Arguments evaluate(VariableScope scope) {
      List<@Nullable Object> values = new ArrayList<>();
      for (Expr expr : positional) {
        values.add(value(expr, scope));
      }
      if (spread != null) {
        values.addAll(Values.iterate(value(spread, scope)));
      }
      Map<String, @Nullable Object> names = new LinkedHashMap<>();
      named.forEach((name, expr) -> names.put(name, value(expr, scope)));
      return new Arguments(values, names);
    }
  }

  /** {@code f(…)}. */
  record Call(Expr function, ArgumentList arguments) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      Object target = value(function, scope);
      if (target instanceof Callable callable) {
        return callable.call(scope, arguments.evaluate(scope));
      }
      if (target instanceof Undefined undefined) {
        throw undefined.error();
      }
      throw TemplateException.error("a " + Values.typeName(target) + " is not callable");
    }
  }

  /** {@code a | filter(…)}. */
  record Filtered(Expr operand, String filter, ArgumentList arguments) implements Expr {
    @Override
    public @Nullable Object evaluate(VariableScope scope) {
      return scope
          .environment()
          .filter(filter)
          .apply(value(operand, scope), arguments.evaluate(scope), scope);
    }
  }

  /** {@code a is test(…)}. */
  record Tested(Expr operand, String test, ArgumentList arguments, boolean negated)
      implements Expr {
    @Override
    public Object evaluate(VariableScope scope) {
      Environment environment = scope.environment();
      return environment.test(test).holds(value(operand, scope), arguments.evaluate(scope), scope)
          != negated;
    }
  }
}
