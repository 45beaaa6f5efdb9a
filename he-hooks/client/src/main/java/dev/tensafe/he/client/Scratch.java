package dev.tensafe.he.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/** Memory for one group at a time, kept from step to step. Confined to the engine's thread. */
final class Scratch {
  private FloatBuffer inputs = bytes(1 << 16).asFloatBuffer();
  private DoubleBuffer answers = bytes(1 << 16).asDoubleBuffer();
  private final List<double[]> norms = new ArrayList<>();

  /** Of whichever batch sends. */
  FloatBuffer inputs(long count) {
    if (inputs.capacity() < count) {
      inputs = bytes(2 * count * Float.BYTES).asFloatBuffer();
    }
    return inputs.clear();
  }

  /** Of whichever batch joins. */
  DoubleBuffer answers(long count) {
    if (answers.capacity() < count) {
      answers = bytes(2 * count * Double.BYTES).asDoubleBuffer();
    }
    return answers.clear();
  }

  /**
   * Of one batch, from sending to joining.
   *
   * @param index of its adapter in the step
   * @return at least {@code count} numbers, of an earlier group
   */
  double[] norms(int index, int count) {
    while (norms.size() <= index) {
      norms.add(new double[16]);
    }
    if (norms.get(index).length < count) {
      norms.set(index, new double[2 * count]);
    }
    return norms.get(index);
  }

  private static ByteBuffer bytes(long count) {
    return ByteBuffer.allocateDirect(Math.toIntExact(count)).order(ByteOrder.nativeOrder());
  }
}
