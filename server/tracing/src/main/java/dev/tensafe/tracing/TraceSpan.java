package dev.tensafe.tracing;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that takes time, in a trace. Where nothing is recorded, every method does nothing, and
 * {@link #child} makes nothing. Times are on {@link System#nanoTime}'s scale. Thread-safe; what
 * comes after the end is ignored.
 *
 * <p>Values are of a request's shape, never of its content: no text, no token, no key.
 */
public interface TraceSpan {
  /** Records nothing, and is in no trace. */
  static TraceSpan none() {
    return UnrecordedSpan.NOWHERE;
  }

  /** One that records nothing, at a place in a trace that others may record; null for none. */
  static TraceSpan unrecorded(@Nullable TraceParent place) {
    return place == null ? none() : new UnrecordedSpan(place);
  }

  /** Whether it is recorded: if not, nothing need be found out for it. */
  boolean recorded();

  /** Its place, for those who continue the trace elsewhere; null if there is no trace. */
  @Nullable TraceParent place();

  /** A part of this. */
  TraceSpan child(String name, SpanKind kind, List<TraceParent> links, long startNanos);

  /** A part of this, in this process. */
  default TraceSpan child(String name, long startNanos) {
    return child(name, SpanKind.INTERNAL, List.of(), startNanos);
  }

  /** Gives it another name. */
  void rename(String name);

  TraceSpan set(String key, String value);

  TraceSpan set(String key, long value);

  TraceSpan set(String key, double value);

  TraceSpan set(String key, List<String> values);

  /** It failed, with a code that says why. */
  void fail(String code);

  void end(long nanos);
}
