package dev.tensafe.server.tools;

/** The arguments of a call that began, as a JSON value; the call ends with them. */
final class ArgumentsSpan implements Piece {
  private final CallSink calls;
  private final JsonSpan span;

  ArgumentsSpan(CallSink calls) {
    this.calls = calls;
    this.span = new JsonSpan(calls::arguments);
  }

  @Override
  public Fate read(char c) {
    Fate fate = span.read(c);
    if (fate == Fate.LAST || fate == Fate.BEFORE) {
      calls.end();
    }
    return fate;
  }
}
