package dev.tensafe.server.tools;

import dev.tensafe.grammar.GrammarException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * As Qwen 3 Coder and Qwen 3.5: {@code <tool_call>}, {@code <function=name>}, one {@code
 * <parameter=name>} for each argument with the value in lines of its own, {@code </function>},
 * {@code </tool_call>}. Some answers lack the outermost marks. Values become JSON by {@link
 * ValueType}.
 */
final class QwenXmlFormat extends ToolFormat {
  QwenXmlFormat() {
    super("qwen3_coder", "<tool_call>", "</tool_call>");
  }

  @Override
  @Nullable Piece reader(char c, boolean afterCall, CallSink calls) {
    return c == '<' ? new Call(calls) : null;
  }

  @Override
  int trigger(ToolArguments of) {
    return of.parts().literals(List.of("<tool_call>", "<function="));
  }

  @Override
  int calls(ToolArguments of, boolean several) {
    GrammarParts parts = of.parts();
    int call =
        choice(
            of,
            tool ->
                parts.sequence(
                    parts.terminal(
                        parts.marker("<tool_call>"),
                        parts.literal("\n<function=" + tool.name() + ">\n")),
                    parameters(of, tool),
                    parts.terminal(parts.literal("</function>\n"), parts.marker("</tool_call>"))));
    return several ? parts.several(call, parts.terminal(parts.breaks(2))) : call;
  }

  private static int parameters(ToolArguments of, Tool tool) {
    GrammarParts parts = of.parts();
    int[] all =
        of.each(tool).stream()
            .mapToInt(
                argument -> {
                  int one =
                      of.named(
                          tool, ToolArguments.place(argument), () -> parameter(of, tool, argument));
                  return argument.required() ? one : parts.any(parts.nothing(), one);
                })
            .toArray();
    return parts.sequence(all);
  }

  private static int parameter(ToolArguments of, Tool tool, ToolArguments.Argument argument) {
    GrammarParts parts = of.parts();
    if (!KeySpan.isKey(argument.name())) {
      throw GrammarException.unsupported(
          "", "a name that this model's format of calls can't write");
    }
    int open = parts.terminal("<parameter=" + argument.name() + ">\n");
    int close = parts.terminal("\n</parameter>\n");
    Set<ValueType> types = ValueType.of(tool, argument.name());
    int value =
        types.isEmpty() || types.contains(ValueType.STRING)
            ? text(of, tool, argument, types.contains(ValueType.NULL))
            : of.value(tool, argument);
    return parts.sequence(open, value, close);
  }

  /** A string as it is: it can't have the closing mark in it, nor be what means null. */
  private static int text(
      ToolArguments of, Tool tool, ToolArguments.Argument argument, boolean nullable) {
    GrammarParts parts = of.parts();
    TextShape shape = new TextShape(parts, tool.parameters());
    int texts = shape.of(argument.schema(), "");
    texts = parts.regexes().all(texts, parts.without(parts.literal("</parameter>")));
    if (nullable) {
      int none = parts.literal("null");
      texts = parts.regexes().all(texts, parts.regexes().not(none));
      texts = shape.isNullable(argument.schema()) ? parts.regexes().any(texts, none) : texts;
    }
    return parts.terminal(texts);
  }

  /** What comes next. */
  private enum Next {
    BEGIN,
    SPACES,
    FUNCTION,
    NAME,
    NAMED,
    GAP,
    PART,
    KEY,
    KEYED,
    VALUE,
    TAIL,
    CLOSE,
    OVER
  }

  private static final class Call extends Script {
    private static final String FUNCTION = "<function=";
    private static final String PARAMETER = "<parameter=";

    private final CallSink calls;
    private final Words begin = new Words("<tool_call>", FUNCTION);
    private final NameSpan name = new NameSpan();
    private final Words named = new Words(">");
    private Words part = new Words(PARAMETER, "</function>");
    private KeySpan key = new KeySpan();
    private @Nullable Tool tool;
    private boolean several;
    private Next next = Next.BEGIN;

    Call(CallSink calls) {
      this.calls = calls;
    }

    @Override
    @Nullable Piece next(char c) {
      return switch (next) {
        case BEGIN -> begin;
        case SPACES -> then(Next.FUNCTION, Piece.spaces());
        case FUNCTION -> then(Next.NAME, new Words(FUNCTION));
        case NAME -> then(Next.NAMED, name);
        case NAMED -> tool == null ? Piece.NONE : named;
        case GAP -> then(Next.PART, Piece.spaces());
        case PART -> part();
        case KEY -> key();
        case KEYED -> then(Next.VALUE, new Words(">"));
        case VALUE -> then(Next.GAP, value());
        case TAIL -> begin.word().equals(FUNCTION) ? null : then(Next.CLOSE, Piece.spaces());
        case CLOSE -> then(Next.OVER, new Words("</tool_call>"));
        case OVER -> null;
      };
    }

    private Piece part() {
      part = new Words(PARAMETER, "</function>");
      return part;
    }

    private Piece key() {
      key = new KeySpan();
      return then(Next.KEYED, key);
    }

    private Piece then(Next then, Piece piece) {
      next = then;
      return piece;
    }

    @Override
    void done(Piece piece) {
      if (piece == begin) {
        next = begin.word().equals(FUNCTION) ? Next.NAME : Next.SPACES;
      } else if (piece == name) {
        tool = calls.tool(name.name());
      } else if (piece == named) {
        calls.begin(name.name());
        calls.arguments('{');
        next = Next.GAP;
      } else if (piece == part && part.word().equals(PARAMETER)) {
        next = Next.KEY;
      } else if (piece == part) {
        calls.arguments('}');
        calls.end();
        next = Next.TAIL;
      }
    }

    private Piece value() {
      calls.arguments(several ? ", " : "");
      several = true;
      JsonStrings.write(key.key(), calls::arguments);
      calls.arguments(": ");
      Set<ValueType> types = tool == null ? Set.of() : ValueType.of(tool, key.key());
      return new ParameterValue(types, calls::arguments);
    }
  }
}
