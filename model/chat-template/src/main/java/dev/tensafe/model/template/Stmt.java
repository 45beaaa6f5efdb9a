package dev.tensafe.model.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A compiled statement. */
interface Stmt {
  /** The end of a statement: normally, or on its way out of a loop. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  Flow run(VariableScope scope, RenderedText out);

  /** Runs a body, stopping at the first break or continue. */
  static Flow runAll(List<Stmt> body, VariableScope scope, RenderedText out) {
    for (Stmt statement : body) {
      scope.budget().step();
      Flow flow = statement.run(scope, out);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  /** Renders a body into a string of its own. */
  static String capture(List<Stmt> body, VariableScope scope) {
    RenderedText out = new RenderedText(scope.budget());
    runAll(body, scope, out);
    return out.text();
  }

  /** Literal text. */
  record Literal(String text) implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      out.write(text);
      return Flow.NEXT;
    }
  }

  /** {@code {{ expression }}}. */
  record Print(Expr expr) implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      out.write(Text.str(Expr.value(expr, scope), scope.budget()));
      return Flow.NEXT;
    }
  }

  /** {@code {% break %}} or {@code {% continue %}}. */
  record Jump(Flow flow) implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      return flow;
    }
  }

  /** One condition and its body per branch; the last condition of an else branch is null. */
  record If(List<@Nullable Expr> conditions, List<List<Stmt>> bodies) implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      for (int i = 0; i < conditions.size(); i++) {
        Expr condition = conditions.get(i);
        if (condition == null || Values.truthy(Expr.value(condition, scope))) {
          return runAll(bodies.get(i), scope, out);
        }
      }
      return Flow.NEXT;
    }
  }

  /** The target of an assignment: a name, a namespace attribute, or a tuple of targets. */
  record Target(@Nullable String name, @Nullable String attribute, List<Target> parts) {
    void assign(@Nullable Object value, VariableScope scope) {
      if (name == null) {
        List<@Nullable Object> values = Values.iterate(value);
        if (values.size() != parts.size()) {
          throw TemplateException.error(
              "cannot unpack " + values.size() + " values into " + parts.size());
        }
        for (int i = 0; i < parts.size(); i++) {
          parts.get(i).assign(values.get(i), scope);
        }
      } else if (attribute == null) {
        scope.set(name, value);
      } else if (scope.get(name) instanceof Namespace namespace) {
        namespace.attributes().put(attribute, value);
      } else {
        throw TemplateException.error("cannot assign attribute: " + name + " is no namespace");
      }
    }
  }

  /** {@code {% set target = expression %}}. */
  record Assign(Target target, Expr expr) implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      target.assign(Expr.value(expr, scope), scope);
      return Flow.NEXT;
    }
  }

  /** {@code {% set target %}…{% endset %}} and {@code {% filter f %}…{% endfilter %}}. */
  record Captured(@Nullable Target target, String variable, List<Stmt> body, Expr result)
      implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      VariableScope inner = scope.child();
      inner.set(variable, capture(body, inner));
      Object value = Expr.value(result, inner);
      if (target == null) {
        out.write(Text.str(value, scope.budget()));
      } else {
        target.assign(value, scope);
      }
      return Flow.NEXT;
    }
  }

  /** {@code {% with a = 1 %}}, {@code {% generation %}}: a body, in a scope of its own or not. */
  record Scope(List<Assign> assignments, List<Stmt> body, boolean nested) implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      VariableScope inner = nested ? scope.child() : scope;
      for (Assign assignment : assignments) {
        assignment.run(inner, out);
      }
      return runAll(body, inner, out);
    }
  }

  /** {@code {% for target in items if condition %}…{% else %}…{% endfor %}}. */
  record For(
      Target target, Expr items, @Nullable Expr condition, List<Stmt> body, List<Stmt> otherwise)
      implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      List<@Nullable Object> selected = Values.iterate(Expr.value(items, scope));
      scope.budget().spend(selected.size());
      if (condition != null) {
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : selected) {
          VariableScope inner = scope.child();
          target.assign(item, inner);
          if (Values.truthy(Expr.value(condition, inner))) {
            kept.add(item);
          }
        }
        selected = kept;
      }
      if (selected.isEmpty()) {
        return runAll(otherwise, scope, out);
      }
      for (int i = 0; i < selected.size(); i++) {
        VariableScope inner = scope.child();
        inner.set("loop", new Loop(selected, i));
        target.assign(selected.get(i), inner);
        if (runAll(body, inner, out) == Flow.BREAK) {
          break;
        }
      }
      return Flow.NEXT;
    }
  }

  /** {@code {% macro name(parameters) %}}. */
  record Macro(String name, List<String> parameters, Map<String, Expr> defaults, List<Stmt> body)
      implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      scope.set(name, bind(scope, null));
      return Flow.NEXT;
    }

    /** The macro as a function closed over its scope. */
    Callable bind(VariableScope scope, @Nullable Callable caller) {
      return (from, arguments) -> {
        VariableScope inner = scope.callee(from);
        Object callerArgument = arguments.named().get("caller");
        inner.set("caller", callerArgument != null ? callerArgument : undefinedOr(caller));
        if (arguments.positional().size() > parameters.size()) {
          throw TemplateException.error(name + "() takes " + parameters.size() + " arguments");
        }
        for (int i = 0; i < parameters.size(); i++) {
          String parameter = parameters.get(i);
          if (i < arguments.positional().size() || arguments.named().containsKey(parameter)) {
            inner.set(parameter, arguments.get(i, parameter, null));
          } else {
            Expr fallback = defaults.get(parameter);
            inner.set(
                parameter,
                fallback == null ? new Undefined(parameter) : Expr.value(fallback, inner));
          }
        }
        return capture(body, inner);
      };
    }

    private static Object undefinedOr(@Nullable Callable caller) {
      return caller == null ? new Undefined("caller") : caller;
    }
  }

  /** {@code {% call(parameters) macro(…) %}…{% endcall %}}. */
  record CallBlock(Macro body, Expr.Call call) implements Stmt {
    @Override
    public Flow run(VariableScope scope, RenderedText out) {
      Object target = Expr.value(call.function(), scope);
      if (!(target instanceof Callable callable)) {
        throw TemplateException.error("call: a " + Values.typeName(target) + " is not callable");
      }
      Arguments arguments = call.arguments().evaluate(scope);
      Map<String, @Nullable Object> named = new java.util.LinkedHashMap<>(arguments.named());
      named.put("caller", body.bind(scope, null));
      Object result = callable.call(scope, new Arguments(arguments.positional(), named));
      out.write(Text.str(result, scope.budget()));
      return Flow.NEXT;
    }
  }
}
