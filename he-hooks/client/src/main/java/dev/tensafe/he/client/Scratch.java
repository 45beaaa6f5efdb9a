package dev.tensafe.he.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/** Memory for one group at a time, kept from step to step. Confined to one thread. */
final class Scratch {
  private FloatBuffer inputs = bytes(1 << 16).asFloatBuffer();
  private DoubleBuffer answers = bytes(1 << 16).asDoubleBuffer();

  FloatBuffer inputs(long count) {
    if (inputs.capacity() < count) {
      inputs = bytes(2 * count * Float.BYTES).asFloatBuffer();
    }
    return inputs.clear();
  }

  DoubleBuffer answers(long count) {
    if (answers.capacity() < count) {
      answers = bytes(2 * count * Double.BYTES).asDoubleBuffer();
    }
    return answers.clear();
  }

  private static ByteBuffer bytes(long count) {
    return ByteBuffer.allocateDirect(Math.toIntExact(count)).order(ByteOrder.nativeOrder());
  }
}
