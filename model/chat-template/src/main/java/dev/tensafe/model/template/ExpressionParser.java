package dev.tensafe.model.template;

import dev.tensafe.model.template.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Recursive descent over expressions, with the precedence of Jinja2's own parser. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final TokenStream in;
  private final Environment environment;

  ExpressionParser(TokenStream in, Environment environment) {
    this.in = in;
    this.environment = environment;
  }

  Expr parse() {
    in.enter();
    Expr expr = parseOr();
    while (in.skipName("if")) {
      Expr condition = parseOr();
      Expr otherwise = in.skipName("else") ? parse() : null;
      expr = new Expr.Conditional(condition, expr, otherwise);
    }
    in.leave();
    return expr;
  }

  /** An expression without a trailing {@code if}, as a loop's iterable is. */
  Expr parseOr() {
    Expr left = parseAnd();
    while (in.skipName("or")) {
      left = new Expr.Logic(false, left, parseAnd());
    }
    return left;
  }

  /** One expression, or several separated by commas as a tuple. */
  Expr parseTuple(boolean conditional) {
    List<Expr> items = new ArrayList<>();
    boolean tuple = false;
    while (true) {
      Token token = in.peek();
      if (tuple && (token.kind() == Kind.BLOCK_END || token.kind() == Kind.VARIABLE_END)) {
        break;
      }
      items.add(conditional ? parse() : parseOr());
      if (!in.skipOperator(",")) {
        break;
      }
      tuple = true;
    }
    return tuple ? new Expr.Sequence(items, true) : items.get(0);
  }

  private Expr parseAnd() {
    Expr left = parseNot();
    while (in.skipName("and")) {
      left = new Expr.Logic(true, left, parseNot());
    }
    return left;
  }

  private Expr parseNot() {
    if (in.peek().isName("not")) {
      in.enter();
      in.next();
      Expr operand = new Expr.Not(parseNot());
      in.leave();
      return operand;
    }
    return parseComparison();
  }

  private Expr parseComparison() {
    Expr first = parseSum();
    List<String> operators = new ArrayList<>();
    List<Expr> operands = new ArrayList<>();
    while (true) {
      Token token = in.peek();
      if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        operators.add(in.next().text());
      } else if (in.skipName("in")) {
        operators.add("in");
      } else if (token.isName("not") && in.peekNext().isName("in")) {
        in.next();
        in.next();
        operators.add("not in");
      } else {
        break;
      }
      operands.add(parseSum());
    }
    return operators.isEmpty() ? first : new Expr.Comparison(first, operators, operands);
  }

  private Expr parseSum() {
    Expr left = parseConcat();
    while (in.peek().isOperator("+") || in.peek().isOperator("-")) {
      String operator = in.next().text();
      left = new Expr.Binary(operator, left, parseConcat());
    }
    return left;
  }

  private Expr parseConcat() {
    Expr first = parseProduct();
    if (!in.peek().isOperator("~")) {
      return first;
    }
    List<Expr> parts = new ArrayList<>(List.of(first));
    while (in.skipOperator("~")) {
      parts.add(parseProduct());
    }
    return new Expr.Concat(parts);
  }

  private Expr parseProduct() {
    Expr left = parsePower();
    while (in.peek().isOperator("*")
        || in.peek().isOperator("/")
        || in.peek().isOperator("//")
        || in.peek().isOperator("%")) {
      String operator = in.next().text();
      left = new Expr.Binary(operator, left, parsePower());
    }
    return left;
  }

  private Expr parsePower() {
    Expr left = parseUnary(true);
    while (in.skipOperator("**")) {
      left = new Expr.Binary("**", left, parseUnary(true));
    }
    return left;
  }

  private Expr parseUnary(boolean filters) {
    in.enter();
    Expr expr;
    if (in.peek().isOperator("-") || in.peek().isOperator("+")) {
      boolean minus = in.next().text().equals("-");
      expr = new Expr.Sign(minus, parseUnary(false));
    } else {
      expr = parsePostfix(parsePrimary());
    }
    in.leave();
    return filters ? parseFiltersAndTests(expr) : expr;
  }

  private Expr parsePrimary() {
    Token token = in.next();
    switch (token.kind()) {
      case NAME -> {
        return switch (token.text()) {
          case "true", "True" -> new Expr.Constant(true);
          case "false", "False" -> new Expr.Constant(false);
          case "none", "None" -> new Expr.Constant(null);
          default -> new Expr.Name(token.text());
        };
      }
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (in.peek().kind() == Kind.STRING) {
          text.append(in.next().text());
        }
        return new Expr.Constant(text.toString());
      }
      case INTEGER -> {
        return integer(token);
      }
      case FLOAT -> {
        return new Expr.Constant(Double.parseDouble(token.text()));
      }
      case OPERATOR -> {
        switch (token.text()) {
          case "(" -> {
            return parenthesised();
          }
          case "[" -> {
            return new Expr.Sequence(items("]"), false);
          }
          case "{" -> {
            return dict();
          }
          default -> {
            // falls to the error below
          }
        }
      }
      default -> {
        // falls to the error below
      }
    }
    throw TemplateException.syntax(
        token.line(), "expected an expression, found '" + token.text() + "'");
  }

  private static Expr integer(Token token) {
    try {
      return new Expr.Constant(Long.parseLong(token.text()));
    } catch (NumberFormatException e) {
      throw TemplateException.syntax(token.line(), "the number is too large");
    }
  }

  private Expr parenthesised() {
    if (in.skipOperator(")")) {
      return new Expr.Sequence(List.of(), true);
    }
    Expr first = parse();
    if (in.skipOperator(")")) {
      return first;
    }
    in.expectOperator(",");
    List<Expr> items = new ArrayList<>(List.of(first));
    items.addAll(items(")"));
    return new Expr.Sequence(items, true);
  }

  private List<Expr> items(String close) {
    List<Expr> items = new ArrayList<>();
    while (!in.skipOperator(close)) {
      items.add(parse());
      if (!in.peek().isOperator(close)) {
        in.expectOperator(",");
      }
    }
    return items;
  }

  private Expr dict() {
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!in.skipOperator("}")) {
      keys.add(parse());
      in.expectOperator(":");
      values.add(parse());
      if (!in.peek().isOperator("}")) {
        in.expectOperator(",");
      }
    }
    return new Expr.Dict(keys, values);
  }

  private Expr parsePostfix(Expr start) {
    Expr expr = start;
    while (true) {
      if (in.skipOperator(".")) {
        Token token = in.next();
        expr =
            switch (token.kind()) {
              case NAME -> new Expr.Attribute(expr, token.text());
              case INTEGER -> new Expr.Item(expr, integer(token));
              default -> throw TemplateException.syntax(token.line(), "expected a name after '.'");
            };
      } else if (in.skipOperator("[")) {
        expr = subscript(expr);
      } else if (in.peek().isOperator("(")) {
        expr = new Expr.Call(expr, arguments());
      } else {
        return expr;
      }
    }
  }

  private Expr subscript(Expr object) {
    Expr start = in.peek().isOperator(":") ? null : parse();
    if (in.skipOperator("]")) {
      if (start == null) {
        throw in.unexpected("a subscript");
      }
      return new Expr.Item(object, start);
    }
    in.expectOperator(":");
    Expr stop = bound();
    Expr step = in.skipOperator(":") ? bound() : null;
    in.expectOperator("]");
    return new Expr.Slice(object, start, stop, step);
  }

  private @Nullable Expr bound() {
    return in.peek().isOperator(":") || in.peek().isOperator("]") ? null : parse();
  }

  Expr.ArgumentList arguments() {
    in.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    Map<String, Expr> named = new LinkedHashMap<>();
    Expr spread = null;
    while (!in.skipOperator(")")) {
      if (in.skipOperator("*")) {
        spread = parse();
      } else if (in.skipOperator("**")) {
        throw TemplateException.unsupported("** in a call");
      } else if (in.peek().kind() == Kind.NAME && in.peekNext().isOperator("=")) {
        String name = in.next().text();
        in.next();
        named.put(name, parse());
      } else {
        positional.add(parse());
      }
      if (!in.peek().isOperator(")")) {
        in.expectOperator(",");
      }
    }
    return new Expr.ArgumentList(positional, named, spread);
  }

  private Expr parseFiltersAndTests(Expr start) {
    Expr expr = start;
    while (true) {
      if (in.skipOperator("|")) {
        expr = filter(expr);
      } else if (in.skipName("is")) {
        expr = test(expr);
      } else if (in.peek().isOperator("(")) {
        expr = new Expr.Call(expr, arguments());
      } else {
        return expr;
      }
    }
  }

  /** A filter's name and arguments, after the bar. */
  Expr filter(Expr operand) {
    Token name = in.expect(Kind.NAME, "a filter");
    if (!environment.hasFilter(name.text())) {
      throw new TemplateException(
          "template.unsupported",
          "line " + name.line() + ": the filter '" + name.text() + "' is not supported");
    }
    boolean call = in.peek().isOperator("(");
    return new Expr.Filtered(operand, name.text(), call ? arguments() : Expr.ArgumentList.NONE);
  }

  private Expr test(Expr operand) {
    boolean negated = in.skipName("not");
    Token name = in.next();
    if (name.kind() != Kind.NAME || !environment.hasTest(name.text())) {
      throw new TemplateException(
          "template.unsupported",
          "line " + name.line() + ": the test '" + name.text() + "' is not supported");
    }
    Expr.ArgumentList arguments = Expr.ArgumentList.NONE;
    Token next = in.peek();
    if (next.isOperator("(")) {
      arguments = arguments();
    } else if (next.isOperator("[") || next.isOperator("{") || startsArgument(next)) {
      Expr argument = parsePostfix(parsePrimary());
      arguments = new Expr.ArgumentList(List.of(argument), Map.of(), null);
    }
    return new Expr.Tested(operand, name.text(), arguments, negated);
  }

  private static boolean startsArgument(Token token) {
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME -> !Set.of("else", "or", "and", "if", "is", "in", "not").contains(token.text());
      default -> false;
    };
  }
}
