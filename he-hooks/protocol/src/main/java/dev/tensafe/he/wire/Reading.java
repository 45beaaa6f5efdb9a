package dev.tensafe.he.wire;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads a payload, big-endian, and refuses what does not fit. */
final class Reading {
  private final ByteBuffer in;

  Reading(ByteBuffer payload) {
    in = payload.duplicate().order(ByteOrder.BIG_ENDIAN);
  }

  int u8() {
    need(1);
    return Byte.toUnsignedInt(in.get());
  }

  int u16() {
    need(2);
    return Short.toUnsignedInt(in.getShort());
  }

  long u64() {
    need(8);
    return in.getLong();
  }

  int u32() {
    need(4);
    return in.getInt();
  }

  /** A number from 1 to {@code most}. */
  int positive(int most) {
    int value = u32();
    if (value < 1 || value > most) {
      throw bad("a number is not from 1 to " + most);
    }
    return value;
  }

  /** A lane's number: 1, 2, … in a session. */
  long lane() {
    long lane = u64();
    if (lane < 1) {
      throw bad("a lane has a number below 1");
    }
    return lane;
  }

  /** The number of things that follow, from 1 to {@code most}, and two zero bytes. */
  int count(int most) {
    int count = u16();
    if (count < 1 || count > most) {
      throw bad(count + " where 1 to " + most + " may be");
    }
    zero(2);
    return count;
  }

  byte[] bytes(int count) {
    need(count);
    byte[] out = new byte[count];
    in.get(out);
    return out;
  }

  void zero(int count) {
    for (byte b : bytes(count)) {
      if (b != 0) {
        throw bad("a reserved byte is not 0");
      }
    }
  }

  int position() {
    return in.position();
  }

  void end() {
    if (in.hasRemaining()) {
      throw bad(in.remaining() + " bytes too many");
    }
  }

  private void need(int count) {
    if (in.remaining() < count) {
      throw new HeException(
          Reason.PROTOCOL, "a message ends too early", new BufferUnderflowException());
    }
  }

  static HeException bad(String problem) {
    return new HeException(Reason.PROTOCOL, "malformed message: " + problem);
  }
}
