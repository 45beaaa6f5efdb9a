package dev.tensafe.he.wire;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.nio.ByteBuffer;

/**
 * A frame as it arrived.
 *
 * @param payload from its position to its limit, big-endian; direct
 */
public record Frame(FrameType type, ByteBuffer payload) {
  /** u32 length of the payload, u8 type, three zero bytes. */
  public static final int HEAD_BYTES = 8;

  /** Largest payload before a session stands. */
  public static final int MAX_EARLY_PAYLOAD = 1 << 17;

  /** Writes a head at the buffer's position. */
  public static void putHead(ByteBuffer out, FrameType type, int payload) {
    out.putInt(payload).put((byte) type.id()).put((byte) 0).putShort((short) 0);
  }

  /** The type in a head; its length is {@link #length}. */
  public static FrameType type(ByteBuffer head) {
    FrameType type = FrameType.of(Byte.toUnsignedInt(head.get(head.position() + 4)));
    if (type == null
        || head.get(head.position() + 5) != 0
        || head.getShort(head.position() + 6) != 0) {
      throw new HeException(Reason.PROTOCOL, "malformed frame: unknown type or reserved bytes");
    }
    return type;
  }

  /**
   * @param most bytes that are acceptable now
   */
  public static int length(ByteBuffer head, int most) {
    int length = head.getInt(head.position());
    if (length < 0 || length > most) {
      throw new HeException(
          Reason.PROTOCOL,
          "malformed frame: a payload of "
              + Integer.toUnsignedLong(length)
              + " bytes; at most "
              + most);
    }
    return length;
  }

  /** Type and size: what is in it may be a key. */
  @Override
  public String toString() {
    return "Frame[" + type + ", " + payload.remaining() + " bytes]";
  }
}
