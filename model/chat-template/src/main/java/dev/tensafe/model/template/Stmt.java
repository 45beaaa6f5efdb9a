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

  Flow run(Frame frame, Output out);

  /** Runs a body, stopping at the first break or continue. */
  static Flow runAll(List<Stmt> body, Frame frame, Output out) {
    for (Stmt statement : body) {
      frame.budget().step();
      Flow flow = statement.run(frame, out);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  /** Renders a body into a string of its own. */
  static String capture(List<Stmt> body, Frame frame) {
    Output out = new Output(frame.budget());
    runAll(body, frame, out);
    return out.text();
  }

  /** Literal text. */
  record Literal(String text) implements Stmt {
    @Override
    public Flow run(Frame frame, Output out) {
      out.write(text);
      return Flow.NEXT;
    }
  }

  /** {@code {{ expression }}}. */
  record Print(Expr expr) implements Stmt {
    @Override
    public Flow run(Frame frame, Output out) {
      out.write(Text.str(Expr.value(expr, frame), frame.budget()));
      return Flow.NEXT;
    }
  }

  /** {@code {% break %}} or {@code {% continue %}}. */
  record Jump(Flow flow) implements Stmt {
    @Override
    public Flow run(Frame frame, Output out) {
      return flow;
    }
  }

  /** One condition and its body per branch; the last condition of an else branch is null. */
  record If(List<@Nullable Expr> conditions, List<List<Stmt>> bodies) implements Stmt {
    @Override
    public Flow run(Frame frame, Output out) {
      for (int i = 0; i < conditions.size(); i++) {
        Expr condition = conditions.get(i);
        if (condition == null || Values.truthy(Expr.value(condition, frame))) {
          return runAll(bodies.get(i), frame, out);
        }
      }
      return Flow.NEXT;
    }
  }

  /** The target of an assignment: a name, a namespace attribute, or a tuple of targets. */
  record Target(@Nullable String name, @Nullable String attribute, List<Target> parts) {
    void assign(@Nullable Object value, Frame frame) {
      if (name == null) {
        List<@Nullable Object> values = Values.iterate(value);
        if (values.size() != parts.size()) {
          throw TemplateException.error(
              "cannot unpack " + values.size() + " values into " + parts.size());
        }
        for (int i = 0; i < parts.size(); i++) {
          parts.get(i).assign(values.get(i), frame);
        }
      } else if (attribute == null) {
        frame.set(name, value);
      } else if (frame.get(name) instanceof Namespace namespace) {
        namespace.attributes().put(attribute, value);
      } else {
        throw TemplateException.error("cannot assign attribute: " + name + " is no namespace");
      }
    }
  }

  /** {@code {% set target = expression %}}. */
  record Assign(Target target, Expr expr) implements Stmt {
    @Override
    public Flow run(Frame frame, Output out) {
      target.assign(Expr.value(expr, frame), frame);
      return Flow.NEXT;
    }
  }

  /** {@code {% set target %}…{% endset %}} and {@code {% filter f %}…{% endfilter %}}. */
  record Captured(@Nullable Target target, String variable, List<Stmt> body, Expr result)
      implements Stmt {
    @Override
    public Flow run(Frame frame, Output out) {
      Frame inner = frame.child();
      inner.set(variable, capture(body, inner));
      Object value = Expr.value(result, inner);
      if (target == null) {
        out.write(Text.str(value, frame.budget()));
      } else {
        target.assign(value, frame);
      }
      return Flow.NEXT;
    }
  }

  /** {@code {% with a = 1 %}}, {@code {% generation %}}: a body, in a scope of its own or not. */
  record Scope(List<Assign> assignments, List<Stmt> body, boolean nested) implements Stmt {
    @Override
    public Flow run(Frame frame, Output out) {
      Frame inner = nested ? frame.child() : frame;
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
    public Flow run(Frame frame, Output out) {
      List<@Nullable Object> selected = Values.iterate(Expr.value(items, frame));
      frame.budget().spend(selected.size());
      if (condition != null) {
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : selected) {
          Frame inner = frame.child();
          target.assign(item, inner);
          if (Values.truthy(Expr.value(condition, inner))) {
            kept.add(item);
          }
        }
        selected = kept;
      }
      if (selected.isEmpty()) {
        return runAll(otherwise, frame, out);
      }
      for (int i = 0; i < selected.size(); i++) {
        Frame inner = frame.child();
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
    public Flow run(Frame frame, Output out) {
      frame.set(name, bind(frame, null));
      return Flow.NEXT;
    }

    /** The macro as a function closed over its scope. */
    Callable bind(Frame scope, @Nullable Callable caller) {
      return (from, arguments) -> {
        Frame inner = scope.callee(from);
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
    public Flow run(Frame frame, Output out) {
      Object target = Expr.value(call.function(), frame);
      if (!(target instanceof Callable callable)) {
        throw TemplateException.error("call: a " + Values.typeName(target) + " is not callable");
      }
      Arguments arguments = call.arguments().evaluate(frame);
      Map<String, @Nullable Object> named = new java.util.LinkedHashMap<>(arguments.named());
      named.put("caller", body.bind(frame, null));
      Object result = callable.call(frame, new Arguments(arguments.positional(), named));
      out.write(Text.str(result, frame.budget()));
      return Flow.NEXT;
    }
  }
}
