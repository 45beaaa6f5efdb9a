package dev.tensafe.server.tools;

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
