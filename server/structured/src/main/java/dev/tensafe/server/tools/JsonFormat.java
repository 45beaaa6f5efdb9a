package dev.tensafe.server.tools;

import org.jspecify.annotations.Nullable;

/**
 * For models whose template says nothing of tools, or spells calls in a way of its own: one object
 * with the array {@code tool_calls}, whose elements have {@code name} and {@code arguments}. {@link
 * ToolPrompt} tells the model.
 */
final class JsonFormat extends ToolFormat {
  JsonFormat() {
    super("json");
  }

  @Override
  public boolean isDescribedInPrompt() {
    return true;
  }

  @Override
  @Nullable Piece reader(char c, boolean afterCall, CallSink calls) {
    return c == '{' ? new Calls(calls) : null;
  }

  @Override
  int trigger(ToolArguments of) {
    int spaces = of.parts().anySpaces();
    return opening(of.parts(), spaces, spaces);
  }

  private static int opening(GrammarParts parts, int gap, int behind) {
    return parts
        .regexes()
        .sequence(
            parts.literal("{"),
            gap,
            parts.literal("\"tool_calls\""),
            gap,
            parts.literal(":"),
            behind,
            parts.literal("["));
  }

  @Override
  int calls(ToolArguments of, boolean several) {
    GrammarParts parts = of.parts();
    int gap = of.gap();
    int call = choice(of, tool -> call(of, tool, gap, of.behind()));
    int between = parts.terminal(gap, parts.literal(","), of.behind());
    return parts.sequence(
        parts.terminal(opening(parts, gap, of.behind()), gap),
        several ? parts.several(call, between) : call,
        parts.terminal(gap, parts.literal("]"), gap, parts.literal("}")));
  }

  private static int call(ToolArguments of, Tool tool, int gap, int behind) {
    GrammarParts parts = of.parts();
    int open =
        parts.terminal(
            parts.literal("{"),
            gap,
            parts.literal("\"name\""),
            gap,
            parts.literal(":"),
            behind,
            parts.literal('"' + tool.name() + '"'),
            gap,
            parts.literal(","),
            behind,
            parts.literal("\"arguments\""),
            gap,
            parts.literal(":"),
            behind);
    return parts.sequence(open, of.object(tool), parts.terminal(gap, parts.literal("}")));
  }

  private static final class Calls extends Script {
    private final CallSink calls;
    private int step;

    Calls(CallSink calls) {
      this.calls = calls;
    }

    @Override
    @Nullable Piece next(char c) {
      return switch (step++) {
        case 0 -> new Words("{");
        case 1, 3, 5, 7 -> Piece.spaces();
        case 2 -> new Words("\"tool_calls\"");
        case 4 -> new Words(":");
        case 6 -> new CallArray(calls);
        case 8 -> new Words("}");
        default -> null;
      };
    }
  }
}
