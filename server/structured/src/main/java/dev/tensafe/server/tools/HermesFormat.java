package dev.tensafe.server.tools;

import org.jspecify.annotations.Nullable;

/**
 * As Hermes, Qwen 2.5, Qwen 3 and SmolLM 3: {@code <tool_call>}, an object of {@code name} and
 * {@code arguments}, {@code </tool_call>}, each in a line of its own.
 */
final class HermesFormat extends ToolFormat {
  HermesFormat() {
    super("hermes", "<tool_call>", "</tool_call>");
  }

  @Override
  @Nullable Piece reader(char c, boolean afterCall, CallSink calls) {
    return c == '<' ? new Call(calls) : null;
  }

  @Override
  int trigger(ToolArguments of) {
    return of.parts().literal("<tool_call>");
  }

  @Override
  int calls(ToolArguments of, boolean several) {
    GrammarParts parts = of.parts();
    int open = parts.terminal(parts.marker("<tool_call>"), parts.literal("\n"));
    int close = parts.terminal(parts.literal("\n"), parts.marker("</tool_call>"));
    int call = parts.sequence(open, choice(of, tool -> object(of, tool)), close);
    return several ? parts.several(call, parts.terminal(parts.breaks(2))) : call;
  }

  private static final class Call extends Script {
    private final CallSink calls;
    private int step;

    Call(CallSink calls) {
      this.calls = calls;
    }

    @Override
    @Nullable Piece next(char c) {
      return switch (step++) {
        case 0 -> new Words("<tool_call>");
        case 2 -> new CallObject(calls, false);
        case 1, 3 -> Piece.spaces();
        case 4 -> new Words("</tool_call>");
        default -> null;
      };
    }
  }
}
