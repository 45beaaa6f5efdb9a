package dev.tensafe.model.template;

import dev.tensafe.model.template.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses a whole template into statements. */
final class StatementParser {
  private static final String CAPTURED = " captured";

  private final TokenStream in;
  private final ExpressionParser expressions;
  private int loops;

  StatementParser(List<Token> tokens, Environment environment) {
    in = new TokenStream(tokens);
    expressions = new ExpressionParser(in, environment);
  }

  List<Stmt> parse() {
    List<Stmt> body = body(Set.of());
    if (in.peek().kind() != Kind.END) {
      throw in.unexpected("the end of the template");
    }
    return body;
  }

  /** Statements up to (not including) a block tag that starts with one of {@code ends}. */
  private List<Stmt> body(Set<String> ends) {
    in.enter();
    List<Stmt> out = new ArrayList<>();
    while (true) {
      Token token = in.peek();
      switch (token.kind()) {
        case TEXT -> out.add(new Stmt.Literal(in.next().text()));
        case VARIABLE_BEGIN -> {
          in.next();
          out.add(new Stmt.Print(expressions.parseTuple(true)));
          in.expect(Kind.VARIABLE_END, "'}}'");
        }
        case BLOCK_BEGIN -> {
          if (in.peekNext().kind() == Kind.NAME && ends.contains(in.peekNext().text())) {
            in.leave();
            return out;
          }
          in.next();
          out.add(statement());
        }
        default -> {
          if (!ends.isEmpty()) {
            throw TemplateException.syntax(token.line(), "a block is not closed: " + ends);
          }
          in.leave();
          return out;
        }
      }
    }
  }

  private Stmt statement() {
    Token keyword = in.expect(Kind.NAME, "a statement");
    return switch (keyword.text()) {
      case "if" -> parseIf();
      case "for" -> parseFor();
      case "set" -> parseSet();
      case "macro" -> parseMacro();
      case "call" -> parseCall();
      case "filter" -> parseFilter();
      case "with" -> parseWith();
      case "generation" -> {
        endTag();
        List<Stmt> body = body(Set.of("endgeneration"));
        close("endgeneration");
        yield new Stmt.Scope(List.of(), body, false);
      }
      case "break", "continue" -> {
        if (loops == 0) {
          throw TemplateException.syntax(
              keyword.line(), "'" + keyword.text() + "' outside of a loop");
        }
        endTag();
        yield new Stmt.Jump(keyword.text().equals("break") ? Stmt.Flow.BREAK : Stmt.Flow.CONTINUE);
      }
      default ->
          throw new TemplateException(
              "template.unsupported",
              "line "
                  + keyword.line()
                  + ": the statement '"
                  + keyword.text()
                  + "' is not supported");
    };
  }

  private void endTag() {
    in.expect(Kind.BLOCK_END, "'%}'");
  }

  /** Consumes {@code {% name %}}. */
  private void close(String name) {
    in.next();
    in.expectName(name);
    endTag();
  }

  private Stmt parseIf() {
    List<@Nullable Expr> conditions = new ArrayList<>();
    List<List<Stmt>> bodies = new ArrayList<>();
    conditions.add(expressions.parseTuple(true));
    endTag();
    while (true) {
      bodies.add(body(Set.of("elif", "else", "endif")));
      in.next();
      String word = in.next().text();
      if (word.equals("elif")) {
        conditions.add(expressions.parseTuple(true));
        endTag();
      } else if (word.equals("else")) {
        conditions.add(null);
        endTag();
        bodies.add(body(Set.of("endif")));
        close("endif");
        return new Stmt.If(conditions, bodies);
      } else {
        endTag();
        return new Stmt.If(conditions, bodies);
      }
    }
  }

  private Stmt parseFor() {
    Stmt.Target target = targets(Set.of("in"));
    in.expectName("in");
    Expr items = expressions.parseTuple(false);
    Expr condition = in.skipName("if") ? expressions.parse() : null;
    if (in.peek().isName("recursive")) {
      throw TemplateException.unsupported("a recursive loop");
    }
    endTag();
    loops++;
    List<Stmt> body = body(Set.of("else", "endfor"));
    loops--;
    List<Stmt> otherwise = List.of();
    in.next();
    if (in.skipName("else")) {
      endTag();
      otherwise = body(Set.of("endfor"));
      in.next();
    }
    in.expectName("endfor");
    endTag();
    return new Stmt.For(target, items, condition, body, otherwise);
  }

  private Stmt parseSet() {
    Stmt.Target target = targets(Set.of());
    if (in.skipOperator("=")) {
      Expr value = expressions.parseTuple(true);
      endTag();
      return new Stmt.Assign(target, value);
    }
    Expr result = new Expr.Name(CAPTURED);
    while (in.skipOperator("|")) {
      result = expressions.filter(result);
    }
    endTag();
    List<Stmt> body = body(Set.of("endset"));
    close("endset");
    return new Stmt.Captured(target, CAPTURED, body, result);
  }

  private Stmt parseFilter() {
    Expr result = expressions.filter(new Expr.Name(CAPTURED));
    while (in.skipOperator("|")) {
      result = expressions.filter(result);
    }
    endTag();
    List<Stmt> body = body(Set.of("endfilter"));
    close("endfilter");
    return new Stmt.Captured(null, CAPTURED, body, result);
  }

  private Stmt parseWith() {
    List<Stmt.Assign> assignments = new ArrayList<>();
    while (in.peek().kind() != Kind.BLOCK_END) {
      Stmt.Target target = target();
      in.expectOperator("=");
      assignments.add(new Stmt.Assign(target, expressions.parse()));
      in.skipOperator(",");
    }
    endTag();
    List<Stmt> body = body(Set.of("endwith"));
    close("endwith");
    return new Stmt.Scope(assignments, body, true);
  }

  private Stmt parseMacro() {
    String name = in.expect(Kind.NAME, "the macro's name").text();
    Stmt.Macro macro = parameters(name);
    endTag();
    return finish(macro, "endmacro");
  }

  private Stmt parseCall() {
    Stmt.Macro head =
        in.peek().isOperator("(")
            ? parameters("caller")
            : new Stmt.Macro("caller", List.of(), Map.of(), List.of());
    Expr call = expressions.parse();
    if (!(call instanceof Expr.Call target)) {
      throw in.unexpected("a call of a macro");
    }
    endTag();
    return new Stmt.CallBlock(finish(head, "endcall"), target);
  }

  private Stmt.Macro finish(Stmt.Macro head, String end) {
    int outer = loops;
    loops = 0;
    List<Stmt> body = body(Set.of(end));
    loops = outer;
    close(end);
    return new Stmt.Macro(head.name(), head.parameters(), head.defaults(), body);
  }

  private Stmt.Macro parameters(String name) {
    in.expectOperator("(");
    List<String> names = new ArrayList<>();
    Map<String, Expr> defaults = new LinkedHashMap<>();
    while (!in.skipOperator(")")) {
      String parameter = in.expect(Kind.NAME, "a parameter").text();
      names.add(parameter);
      if (in.skipOperator("=")) {
        defaults.put(parameter, expressions.parse());
      }
      if (!in.peek().isOperator(")")) {
        in.expectOperator(",");
      }
    }
    return new Stmt.Macro(name, names, defaults, List.of());
  }

  private Stmt.Target targets(Set<String> stops) {
    List<Stmt.Target> parts = new ArrayList<>();
    parts.add(target());
    boolean tuple = false;
    while (in.skipOperator(",")) {
      tuple = true;
      if (in.peek().kind() == Kind.NAME && stops.contains(in.peek().text())) {
        break;
      }
      parts.add(target());
    }
    return tuple ? new Stmt.Target(null, null, parts) : parts.get(0);
  }

  private Stmt.Target target() {
    if (in.skipOperator("(")) {
      Stmt.Target inner = targets(Set.of());
      in.expectOperator(")");
      return inner;
    }
    String name = in.expect(Kind.NAME, "a variable").text();
    String attribute = in.skipOperator(".") ? in.expect(Kind.NAME, "an attribute").text() : null;
    return new Stmt.Target(name, attribute, List.of());
  }
}
