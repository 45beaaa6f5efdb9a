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
