package dev.tensafe.training.torch;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Random masks of what dropout leaves out. The library draws a number an element from one
 * generator, which takes a third of a step; here one draw of SplitMix64 (Steele, Lea and Flood,
 * 2014) decides about four elements, by 16 bits each.
 */
final class DropoutMasks {
  private static final int RANGE = 1 << 16;
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private final int cut;

  /**
   * @param share of elements that are left out, below 1; rounded to a multiple of 2⁻¹⁶
   */
  DropoutMasks(double share) {
    this.cut = (int) Math.min(RANGE - 1, Math.round(share * RANGE));
  }

  /** The share as it is drawn. */
  double share() {
    return cut / (double) RANGE;
  }

  /** A mask that is true where an element is left out. */
  PtNDArray draw(PtNDManager m, Shape shape, long seed) {
    int count = Math.toIntExact(shape.size());
    int words = (count + 3) / 4;
    ByteBuffer bytes = ByteBuffer.allocateDirect(words * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < words; i++) {
      bytes.putInt(4 * i, lost(mix(seed + (i + 1) * GAMMA)));
    }
    bytes.limit(count);
    // the library keeps it longer than the buffer would live
    try (PtNDArray alias = m.create(bytes, shape, DataType.BOOLEAN)) {
      return JniUtils.clone(alias);
    }
  }

  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    long b = (a ^ (a >>> 27)) * 0x94d049bb133111ebL;
    return b ^ (b >>> 31);
  }

  /** Four bytes, each 1 if a sixteenth-bit number is below the cut. */
  private int lost(long random) {
    int a = ((int) (random & 0xffff) - cut) >>> 31;
    int b = ((int) (random >>> 16 & 0xffff) - cut) >>> 31;
    int c = ((int) (random >>> 32 & 0xffff) - cut) >>> 31;
    int d = ((int) (random >>> 48) - cut) >>> 31;
    return a | b << 8 | c << 16 | d << 24;
  }
}
