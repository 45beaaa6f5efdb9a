package dev.tensafe.server.tools;

import org.jspecify.annotations.Nullable;

/**
 * As Llama 3.1 to 3.3: an object of {@code name} and {@code parameters}, behind {@code
 * <|python_tag|>} or not; semicolons between several. Any object of a text could be a call, so it
 * must begin with the name of a tool.
 */
final class LlamaJsonFormat extends ToolFormat {
  LlamaJsonFormat() {
    super("llama3_json", "<|python_tag|>");
  }

  @Override
  @Nullable Piece reader(char c, boolean afterCall, CallSink calls) {
    return c == '{' || c == '<' || (c == ';' && afterCall) ? new Call(calls) : null;
  }

  private static final class Call extends Script {
    private final CallSink calls;
    private boolean over;

    Call(CallSink calls) {
      this.calls = calls;
    }

    @Override
    @Nullable Piece next(char c) {
      if (over) {
        return null;
      }
      if (Piece.isSpace(c)) {
        return Piece.spaces();
      }
      if (c == ';') {
        return new Words(";");
      }
      if (c == '<') {
        return new Words("<|python_tag|>");
      }
      over = true;
      return new CallObject(calls, true);
    }
  }
}
