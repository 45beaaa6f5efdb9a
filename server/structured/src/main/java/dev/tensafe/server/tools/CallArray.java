package dev.tensafe.server.tools;

import org.jspecify.annotations.Nullable;

/** Calls as a JSON array of objects. */
final class CallArray extends Script {
  /** What comes next. */
  private enum Next {
    OPEN,
    OBJECT,
    MORE,
    OVER
  }

  private final CallSink calls;
  private Next next = Next.OPEN;
  private boolean spaced;

  CallArray(CallSink calls) {
    this.calls = calls;
  }

  @Override
  @Nullable Piece next(char c) {
    if (next == Next.OVER) {
      return null;
    }
    if (next != Next.OPEN && !spaced) {
      spaced = true;
      return Piece.spaces();
    }
    spaced = false;
    switch (next) {
      case OPEN -> {
        next = Next.OBJECT;
        return new Words("[");
      }
      case OBJECT -> {
        next = Next.MORE;
        return new CallObject(calls, false);
      }
      default -> {
        next = c == ',' ? Next.OBJECT : Next.OVER;
        return new Words(c == ',' ? "," : "]");
      }
    }
  }
}
