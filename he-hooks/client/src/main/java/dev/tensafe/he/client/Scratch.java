package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.GroupCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/** Memory for one message at a time, kept from step to step. Confined to the engine's thread. */
final class Scratch {
  private FloatBuffer zeros = bytes(1 << 14).asFloatBuffer();
  private DoubleBuffer answers = bytes(1 << 16).asDoubleBuffer();
  private double[] verdicts = new double[16 * GroupCodec.VERDICT];

  /** A row of zeros. */
  FloatBuffer zeros(int columns) {
    if (zeros.capacity() < columns) {
      zeros = bytes((long) columns * Float.BYTES).asFloatBuffer();
    }
    return zeros.clear();
  }

  /** Of the message that is decrypted. */
  DoubleBuffer answers(long count) {
    if (answers.capacity() < count) {
      answers = bytes(2 * count * Double.BYTES).asDoubleBuffer();
    }
    return answers.clear();
  }

  /** Of the message that is decrypted. */
  double[] verdicts(int tokens) {
    if (verdicts.length < GroupCodec.VERDICT * tokens) {
      verdicts = new double[2 * GroupCodec.VERDICT * tokens];
    }
    return verdicts;
  }

  private static ByteBuffer bytes(long count) {
    return ByteBuffer.allocateDirect(Math.toIntExact(count)).order(ByteOrder.nativeOrder());
  }
}
