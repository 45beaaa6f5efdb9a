package dev.tensafe.server.tools;

import org.jspecify.annotations.Nullable;

/**
 * As Mistral's models: {@code [TOOL_CALLS]} and an array of objects of {@code name} and {@code
 * arguments}; of late {@code [TOOL_CALLS]name[ARGS]{…}} for each call. Both are read, which one is
 * written depends on the template.
 */
final class MistralFormat extends ToolFormat {
  private static final String TOOL_CALLS = "[TOOL_CALLS]";
  private static final String ARGS = "[ARGS]";
  private static final String CALL_ID = "[CALL_ID]";

  private final boolean single;

  /**
   * @param single whether each call is written with a marker of its own
   */
  MistralFormat(String flag, boolean single) {
    super(flag, TOOL_CALLS, ARGS, CALL_ID);
    this.single = single;
  }

  /** Whether each call is written with a marker of its own. */
  boolean isSingle() {
    return single;
  }

  @Override
  boolean hasShortIds() {
    return true;
  }

  @Override
  @Nullable Piece reader(char c, boolean afterCall, CallSink calls) {
    return c == '[' ? new Calls(calls) : null;
  }

  @Override
  int trigger(ToolArguments of) {
    return of.parts().literal(TOOL_CALLS);
  }

  @Override
  int calls(ToolArguments of, boolean several) {
    GrammarParts parts = of.parts();
    if (single) {
      int call =
          choice(
              of,
              tool ->
                  parts.sequence(
                      parts.terminal(
                          parts.marker(TOOL_CALLS), parts.literal(tool.name()), parts.marker(ARGS)),
                      of.object(tool)));
      return several ? parts.several(call, parts.nothing()) : call;
    }
    int space = parts.regexes().optional(parts.literal(" "));
    int open = parts.terminal(parts.marker(TOOL_CALLS), space, parts.literal("["));
    int call = choice(of, tool -> object(of, tool));
    int list = several ? parts.several(call, parts.terminal(", ")) : call;
    return parts.sequence(open, list, parts.terminal("]"));
  }

  /** What comes next. */
  private enum Next {
    MARKER,
    SPACES,
    CALLS,
    NAMED,
    MARKED,
    ID,
    ARGUMENTS,
    OVER
  }

  private static final class Calls extends Script {
    private final CallSink calls;
    private final NameSpan name = new NameSpan();
    private final Words mark = new Words(ARGS, CALL_ID);
    private Next next = Next.MARKER;

    Calls(CallSink calls) {
      this.calls = calls;
    }

    @Override
    @Nullable Piece next(char c) {
      switch (next) {
        case MARKER -> {
          next = Next.SPACES;
          return new Words(TOOL_CALLS);
        }
        case SPACES -> {
          next = Next.CALLS;
          return Piece.spaces();
        }
        case CALLS -> {
          next = c == '[' ? Next.OVER : Next.NAMED;
          return c == '[' ? new CallArray(calls) : name;
        }
        case NAMED -> {
          if (calls.tool(name.name()) == null || (c != '[' && c != '{')) {
            return Piece.NONE;
          }
          calls.begin(name.name());
          next = c == '[' ? Next.MARKED : Next.OVER;
          return c == '[' ? mark : new ArgumentsSpan(calls);
        }
        case MARKED -> {
          if (mark.word().equals(CALL_ID)) {
            next = Next.ID;
            return new NameSpan();
          }
          next = Next.ARGUMENTS;
          return Piece.spaces();
        }
        case ID -> {
          next = Next.ARGUMENTS;
          return new Words(ARGS);
        }
        case ARGUMENTS -> {
          next = Next.OVER;
          return new ArgumentsSpan(calls);
        }
        case OVER -> {
          return null;
        }
      }
      throw new AssertionError(next);
    }
  }
}
