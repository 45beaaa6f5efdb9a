package dev.tensafe.he.wire;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The evaluations of an adapter that follow belong to a span of the model host's trace; or, with
 * empty ids, to none any more. docs/HE-PROTOCOL.md, "Traces".
 *
 * @param traceId 32 hexadecimal digits, or empty
 * @param spanId 16 hexadecimal digits, or empty
 */
public record TraceMessage(int ref, String traceId, String spanId) {
  private static final int TRACE_BYTES = 16;
  private static final int SPAN_BYTES = 8;

  /** The span is over. */
  public static TraceMessage end(int ref) {
    return new TraceMessage(ref, "", "");
  }

  /** Whether it ends a span and begins none. */
  public boolean ends() {
    return traceId.isEmpty();
  }

  /** The payload. */
  public ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(Integer.BYTES + TRACE_BYTES + SPAN_BYTES).putInt(ref);
    if (!ends()) {
      out.put(HexFormat.of().parseHex(traceId)).put(HexFormat.of().parseHex(spanId));
    }
    return out.clear();
  }

  /**
   * @throws dev.tensafe.he.HeException {@code he.protocol}, also where one id is there alone
   */
  public static TraceMessage decode(ByteBuffer payload) {
    Reading in = new Reading(payload);
    int ref = in.u32();
    byte[] trace = in.bytes(TRACE_BYTES);
    byte[] span = in.bytes(SPAN_BYTES);
    in.end();
    boolean noTrace = isZero(trace);
    if (noTrace != isZero(span)) {
      throw Reading.bad("half of a place in a trace");
    }
    return noTrace
        ? end(ref)
        : new TraceMessage(ref, HexFormat.of().formatHex(trace), HexFormat.of().formatHex(span));
  }

  private static boolean isZero(byte[] id) {
    for (byte b : id) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }
}
