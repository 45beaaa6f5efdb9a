package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A compiled expression. */
interface Expr {
  @Nullable Object evaluate(Frame frame);

  /** Evaluates, charging one step. */
  static @Nullable Object value(Expr expr, Frame frame) {
    frame.budget().step();
    return expr.evaluate(frame);
  }

  /** A literal. */
  record Constant(@Nullable Object value) implements Expr {
    @Override
    public @Nullable Object evaluate(Frame frame) {
      return value;
    }
  }

  /** A variable. */
  record Name(String name) implements Expr {
    @Override
    public @Nullable Object evaluate(Frame frame) {
      return frame.get(name);
    }
  }

  /** {@code [a, b]} or {@code (a, b)}. */
  record Sequence(List<Expr> items, boolean tuple) implements Expr {
    @Override
    public Object evaluate(Frame frame) {
      List<@Nullable Object> out = new ArrayList<>(items.size());
      for (Expr item : items) {
        out.add(value(item, frame));
      }
      return tuple ? new Tuple(out) : out;
    }
  }

  /** {@code {key: value}}. */
  record Dict(List<Expr> keys, List<Expr> values) implements Expr {
    @Override
    public Object evaluate(Frame frame) {
      Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        out.put(value(keys.get(i), frame), value(values.get(i), frame));
      }
      return out;
    }
  }

  /** {@code and}, {@code or}: the deciding operand itself. */
  record Logic(boolean and, Expr left, Expr right) implements Expr {
    @Override
    public @Nullable Object evaluate(Frame frame) {
      Object first = value(left, frame);
      return Values.truthy(first) == and ? value(right, frame) : first;
    }
  }

  /** {@code not}. */
  record Not(Expr operand) implements Expr {
    @Override
    public Object evaluate(Frame frame) {
      return !Values.truthy(value(operand, frame));
    }
  }

  /** Unary minus or plus. */
  record Sign(boolean minus, Expr operand) implements Expr {
    @Override
    public @Nullable Object evaluate(Frame frame) {
      Object inner = value(operand, frame);
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
    public Object evaluate(Frame frame) {
      Object a = value(left, frame);
      Object b = value(right, frame);
      if (a instanceof Undefined undefined) {
        throw undefined.error();
      }
      if (b instanceof Undefined undefined) {
        throw undefined.error();
      }
      if (operator.equals("+")) {
        if (a instanceof String x && b instanceof String y) {
          frame.budget().bulk((long) x.length() + y.length());
          return x + y;
        }
        if (a instanceof List<?> x
            && b instanceof List<?> y
            && (a instanceof Tuple) == (b instanceof Tuple)) {
          frame.budget().bulk(64L * (x.size() + y.size()));
          List<@Nullable Object> joined = new ArrayList<>(x);
          joined.addAll(y);
          return a instanceof Tuple ? new Tuple(joined) : joined;
        }
      } else if (operator.equals("*") && (a instanceof String || b instanceof String)) {
        return repeat(a instanceof String ? a : b, a instanceof String ? b : a, frame);
      }
      return Numbers.apply(operator, a, b);
    }

    private static Object repeat(@Nullable Object text, @Nullable Object count, Frame frame) {
      long times = Math.max(0, Numbers.integer(count));
      String unit = (String) java.util.Objects.requireNonNull(text);
      if (times > 16_000_000) {
        throw new TemplateException("template.limit", "a string is repeated too often");
      }
      frame.budget().bulk(unit.length() * times);
      return unit.repeat((int) times);
    }
  }

  /** {@code a ~ b}: concatenation as text. */
  record Concat(List<Expr> parts) implements Expr {
    @Override
    public Object evaluate(Frame frame) {
      StringBuilder out = new StringBuilder();
      for (Expr part : parts) {
        out.append(Text.str(value(part, frame), frame.budget()));
        frame.budget().bulk(out.length());
      }
      return out.toString();
    }
  }

  /** {@code a < b <= c}: chained as in Python. */
  record Comparison(Expr first, List<String> operators, List<Expr> operands) implements Expr {
    @Override
    public Object evaluate(Frame frame) {
      Object left = value(first, frame);
      for (int i = 0; i < operators.size(); i++) {
        Object right = value(operands.get(i), frame);
        if (!holds(operators.get(i), left, right, frame.budget())) {
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
    public @Nullable Object evaluate(Frame frame) {
      if (Values.truthy(value(condition, frame))) {
        return value(then, frame);
      }
      return otherwise == null ? new Undefined("inline if") : value(otherwise, frame);
    }
  }

  /** {@code a.name}. */
  record Attribute(Expr object, String name) implements Expr {
    @Override
    public @Nullable Object evaluate(Frame frame) {
      return Attributes.attribute(value(object, frame), name);
    }
  }

  /** {@code a[key]}. */
  record Item(Expr object, Expr key) implements Expr {
    @Override
    public @Nullable Object evaluate(Frame frame) {
      return Attributes.item(value(object, frame), value(key, frame));
    }
  }

  /** {@code a[start:stop:step]}. */
  record Slice(Expr object, @Nullable Expr start, @Nullable Expr stop, @Nullable Expr step)
      implements Expr {
    @Override
    public Object evaluate(Frame frame) {
      return Attributes.slice(
          value(object, frame), bound(start, frame), bound(stop, frame), bound(step, frame));
    }

    private static @Nullable Long bound(@Nullable Expr expr, Frame frame) {
      Object inner = expr == null ? null : value(expr, frame);
      return inner == null ? null : Numbers.integer(inner);
    }
  }

  /** Arguments of a call, filter or test. */
  record ArgumentList(List<Expr> positional, Map<String, Expr> named, @Nullable Expr spread) {
    static final ArgumentList NONE = new ArgumentList(List.of(), Map.of(), null);

    Arguments evaluate(Frame frame) {
      List<@Nullable Object> values = new ArrayList<>();
      for (Expr expr : positional) {
        values.add(value(expr, frame));
      }
      if (spread != null) {
        values.addAll(Values.iterate(value(spread, frame)));
      }
      Map<String, @Nullable Object> names = new LinkedHashMap<>();
      named.forEach((name, expr) -> names.put(name, value(expr, frame)));
      return new Arguments(values, names);
    }
  }

  /** {@code f(…)}. */
  record Call(Expr function, ArgumentList arguments) implements Expr {
    @Override
    public @Nullable Object evaluate(Frame frame) {
      Object target = value(function, frame);
      if (target instanceof Callable callable) {
        return callable.call(frame, arguments.evaluate(frame));
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
    public @Nullable Object evaluate(Frame frame) {
      return frame
          .environment()
          .filter(filter)
          .apply(value(operand, frame), arguments.evaluate(frame), frame);
    }
  }

  /** {@code a is test(…)}. */
  record Tested(Expr operand, String test, ArgumentList arguments, boolean negated)
      implements Expr {
    @Override
    public Object evaluate(Frame frame) {
      Environment environment = frame.environment();
      return environment.test(test).holds(value(operand, frame), arguments.evaluate(frame), frame)
          != negated;
    }
  }
}
