package dev.tensafe.nativelib.ckks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;

/** The kernel sets that this machine runs, and direct buffers for tests. */
final class Kernels {
  private static final List<String> RUNNABLE = runnable();

  private Kernels() {}

  static List<String> names() {
    return RUNNABLE;
  }

  private static List<String> runnable() {
    List<String> names = new ArrayList<>();
    for (String name : List.of("scalar", "avx2", "avx512ifma")) {
      try {
        CkksContext.open(CkksParameters.FAST, name).close();
        names.add(name);
      } catch (CkksException e) {
        System.out.println("SKIPPED: " + e.getMessage());
      }
    }
    return List.copyOf(names);
  }

  static FloatBuffer floats(float[] values) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    return buffer.put(values).flip();
  }

  static IntBuffer ints(int[] values) {
    IntBuffer buffer =
        ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder()).asIntBuffer();
    return buffer.put(values).flip();
  }

  static DoubleBuffer doubles(int count) {
    return ByteBuffer.allocateDirect(8 * count).order(ByteOrder.nativeOrder()).asDoubleBuffer();
  }

  static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }
}
