package dev.tensafe.tracing;

/** Which side of a call a span is. */
public enum SpanKind {
  /** Somebody elsewhere waits for it. */
  SERVER,
  /** It waits for somebody elsewhere. */
  CLIENT,
  /** Neither. */
  INTERNAL
}
