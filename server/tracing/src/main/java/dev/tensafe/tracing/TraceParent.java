package dev.tensafe.tracing;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place in a trace, as it travels between processes: W3C Trace Context, level 1.
 *
 * @param traceId 32 hexadecimal digits, not all 0
 * @param spanId 16 hexadecimal digits, not all 0
 * @param sampled whether whoever sent it records it
 * @param state what {@code tracestate} said; carried on, never read; empty for nothing
 */
public record TraceParent(String traceId, String spanId, boolean sampled, String state) {
  /** A {@code tracestate} may be dropped beyond this, and is. */
  private static final int MAX_STATE = 512;

  private static final Pattern TRACE = Pattern.compile("[0-9a-f]{32}");
  private static final Pattern SPAN = Pattern.compile("[0-9a-f]{16}");
  private static final Pattern FORM = Pattern.compile("[0-9a-f]{2}-.{32}-.{16}-[0-9a-f]{2}");
  private static final int LENGTH = 55;
  private static final String NO_TRACE = "0".repeat(32);
  private static final String NO_SPAN = "0".repeat(16);

  public TraceParent {
    if (!TRACE.matcher(traceId).matches() || traceId.equals(NO_TRACE)) {
      throw new IllegalArgumentException("this is no trace id");
    }
    if (!SPAN.matcher(spanId).matches() || spanId.equals(NO_SPAN)) {
      throw new IllegalArgumentException("this is no span id");
    }
  }

  /**
   * Reads a request's headers. What is not as the specification says is as if it were not there.
   *
   * @param parents every {@code traceparent}; more than one is none
   * @param states every {@code tracestate}, in order
   */
  public static Optional<TraceParent> of(List<String> parents, List<String> states) {
    if (parents.size() != 1) {
      return Optional.empty();
    }
    String header = parents.get(0);
    if (header.length() < LENGTH || !FORM.matcher(header.substring(0, LENGTH)).matches()) {
      return Optional.empty();
    }
    String version = header.substring(0, 2);
    boolean later = !version.equals("00");
    boolean longer = header.length() > LENGTH;
    if (version.equals("ff") || (longer && (!later || header.charAt(LENGTH) != '-'))) {
      return Optional.empty();
    }
    boolean sampled = (Character.digit(header.charAt(LENGTH - 1), 16) & 1) == 1;
    try {
      return Optional.of(
          new TraceParent(
              header.substring(3, 35), header.substring(36, 52), sampled, state(states)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String state(List<String> headers) {
    long length = headers.stream().mapToLong(h -> h.length() + 1L).sum() - 1;
    return length > MAX_STATE ? "" : String.join(",", headers);
  }

  /** The value of a {@code traceparent} header. */
  public String header() {
    return "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00");
  }
}
