package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.grammar.GrammarException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * As Llama 3.2 and Llama 4 by Python's rules, and LFM 2: a list of calls with named arguments, in
 * marks or not. Values become JSON by {@link PythonValue}.
 */
final class PythonicFormat extends ToolFormat {
  private static final String OPEN = "<|tool_call_start|>";
  private static final String CLOSE = "<|tool_call_end|>";

  private final boolean marked;

  /**
   * @param marked whether marks are written around the list; they are read in any case
   */
  PythonicFormat(String flag, boolean marked) {
    super(flag, OPEN, CLOSE);
    this.marked = marked;
  }

  /** Whether marks are written around the list. */
  boolean isMarked() {
    return marked;
  }

  @Override
  @Nullable Piece reader(char c, boolean afterCall, CallSink calls) {
    return c == '[' || c == '<' ? new Calls(calls) : null;
  }

  @Override
  int trigger(ToolArguments of) {
    GrammarParts parts = of.parts();
    int spaces = parts.anySpaces();
    int call =
        parts
            .regexes()
            .sequence(parts.literal("["), spaces, of.names(), spaces, parts.literal("("));
    return parts.regexes().any(parts.literal(OPEN), call);
  }

  @Override
  int calls(ToolArguments of, boolean several) {
    GrammarParts parts = of.parts();
    int call =
        choice(
            of,
            tool ->
                parts.sequence(
                    parts.terminal(tool.name() + "("), arguments(of, tool), parts.terminal(")")));
    int open = parts.literal("[");
    int close = parts.literal("]");
    return parts.sequence(
        marked ? parts.terminal(parts.marker(OPEN), open) : parts.terminal(open),
        several ? parts.several(call, parts.terminal(", ")) : call,
        marked ? parts.terminal(close, parts.marker(CLOSE)) : parts.terminal(close));
  }

  /** Arguments in the schema's order, with commas between those that are there. */
  private static int arguments(ToolArguments of, Tool tool) {
    GrammarParts parts = of.parts();
    int comma = parts.terminal(", ");
    List<ToolArguments.Argument> all = of.each(tool);
    int behind = parts.nothing();
    int first = behind;
    for (int i = all.size() - 1; i >= 0; i--) {
      ToolArguments.Argument argument = all.get(i);
      int one = of.named(tool, ToolArguments.place(argument), () -> argument(of, tool, argument));
      int with = parts.sequence(comma, one, behind);
      int begin = parts.sequence(one, behind);
      boolean required = argument.required();
      first = required ? begin : parts.any(first, begin);
      behind = required ? with : parts.any(behind, with);
    }
    return first;
  }

  private static int argument(ToolArguments of, Tool tool, ToolArguments.Argument argument) {
    GrammarParts parts = of.parts();
    if (!NameSpan.isName(argument.name())) {
      throw GrammarException.unsupported(
          "", "a name that this model's format of calls can't write");
    }
    int value = of.value(tool, argument);
    JsonNode schema = argument.schema();
    if (schema.path("type").asText().equals("boolean")
        && !schema.has("enum")
        && !schema.has("const")) {
      value = parts.terminal(parts.literals(List.of("True", "False")));
    }
    return parts.sequence(parts.terminal(argument.name() + "="), value);
  }

  /** What comes next. */
  private enum Next {
    BEGIN,
    NAME,
    NAMED,
    KEY,
    KEYED,
    VALUE,
    MORE,
    MORE_CALLS,
    CLOSE,
    OVER
  }

  private static final class Calls extends Script {
    private final CallSink calls;
    private final Words open = new Words(OPEN);
    private @Nullable Words begin;
    private @Nullable Words end;
    private NameSpan name = new NameSpan();
    private NameSpan key = name;
    private boolean wrapped;
    private boolean several;
    private Next next = Next.BEGIN;

    Calls(CallSink calls) {
      this.calls = calls;
    }

    @Override
    @Nullable Piece next(char c) {
      boolean over = next == Next.OVER || (next == Next.CLOSE && !wrapped);
      if (over || Piece.isSpace(c)) {
        return over ? null : Piece.spaces();
      }
      return switch (next) {
        case BEGIN -> c == '<' && !wrapped ? open : then(Next.NAME, new Words("["));
        case NAME -> c == ']' && several ? bracket() : name();
        case NAMED -> calls.tool(name.name()) == null ? Piece.NONE : begin();
        case KEY -> c == ')' ? end() : key();
        case KEYED -> then(Next.VALUE, new Words("="));
        case VALUE -> then(Next.MORE, value());
        case MORE -> c == ',' ? then(Next.KEY, new Words(",")) : end();
        case MORE_CALLS -> c == ',' ? then(Next.NAME, new Words(",")) : bracket();
        case CLOSE -> then(Next.OVER, new Words(CLOSE));
        case OVER -> null;
      };
    }

    private Piece then(Next then, Piece piece) {
      next = then;
      return piece;
    }

    private Piece name() {
      name = new NameSpan();
      return then(Next.NAMED, name);
    }

    private Piece begin() {
      begin = new Words("(");
      return begin;
    }

    private Piece key() {
      key = new NameSpan();
      return then(Next.KEYED, key);
    }

    private Piece end() {
      end = new Words(")");
      return end;
    }

    private Piece bracket() {
      return then(Next.CLOSE, new Words("]"));
    }

    @Override
    void done(Piece piece) {
      if (piece == open) {
        wrapped = true;
      } else if (piece == begin) {
        calls.begin(name.name());
        calls.arguments('{');
        several = false;
        next = Next.KEY;
      } else if (piece == end) {
        calls.arguments('}');
        calls.end();
        several = true;
        next = Next.MORE_CALLS;
      }
    }

    private Piece value() {
      calls.arguments(several ? ", " : "");
      several = true;
      JsonStrings.write(key.name(), calls::arguments);
      calls.arguments(": ");
      return new PythonValue(calls::arguments);
    }
  }
}
