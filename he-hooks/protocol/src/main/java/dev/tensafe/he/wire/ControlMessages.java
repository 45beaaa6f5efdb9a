package dev.tensafe.he.wire;

import java.nio.ByteBuffer;

/** Payloads that concern the session as a whole. docs/HE-PROTOCOL.md, "Session". */
public final class ControlMessages {
  private ControlMessages() {}

  /** A number to be echoed. */
  public static ByteBuffer number(long value) {
    return ByteBuffer.allocate(8).putLong(value).flip();
  }

  public static long readNumber(ByteBuffer payload) {
    Reading in = new Reading(payload);
    long value = in.u64();
    in.end();
    return value;
  }

  /** A reason to close. */
  public static ByteBuffer close(CloseReason reason) {
    return ByteBuffer.allocate(2).putShort((short) reason.id()).flip();
  }

  public static CloseReason readClose(ByteBuffer payload) {
    Reading in = new Reading(payload);
    CloseReason reason = CloseReason.of(in.u16());
    in.end();
    return reason;
  }

  /** Whether a payload is empty, as it has to be for some frames. */
  public static void requireEmpty(ByteBuffer payload) {
    new Reading(payload).end();
  }
}
