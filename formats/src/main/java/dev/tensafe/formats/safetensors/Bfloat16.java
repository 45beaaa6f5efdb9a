package dev.tensafe.formats.safetensors;

/** Numbers as bfloat16, the upper half of a float32. */
public final class Bfloat16 {
  private Bfloat16() {}

  /**
   * The bits of the bfloat16 nearest to a number; of two equally near ones the even one, as PyTorch
   * rounds. A NaN stays one.
   */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    int odd = (bits >>> 16) & 1;
    return (short) ((bits + 0x7fff + odd) >>> 16);
  }
}
