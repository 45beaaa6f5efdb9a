package dev.tensafe.privacy;

/**
 * Cooley and Tukey's transform of a power of two of complex numbers, in place. By Higham, Accuracy
 * and Stability of Numerical Algorithms, theorem 24.2, its error in the 2-norm is at most {@link
 * #error} times the norm of the result. Immutable.
 */
final class FourierTransform {
  /** Of a stage, with room: roots of unity and butterflies in double precision. */
  private static final double STAGE_ERROR = 8 * 0x1p-53;

  private final int size;
  private final double[] cosines;
  private final double[] sines;

  /**
   * Prepares a transform.
   *
   * @param size a power of two from 2
   */
  FourierTransform(int size) {
    this.size = size;
    cosines = new double[size / 2];
    sines = new double[size / 2];
    for (int i = 0; i < size / 2; i++) {
      double angle = 2 * Math.PI * i / size;
      cosines[i] = Math.cos(angle);
      sines[i] = Math.sin(angle);
    }
  }

  /** The relative error in the 2-norm. */
  double error() {
    return STAGE_ERROR * Integer.numberOfTrailingZeros(size);
  }

  /** The sum over n of x[n] exp(-2 pi i m n / size), for every m. */
  void forward(double[] real, double[] imaginary) {
    transform(real, imaginary, -1);
  }

  /** The sum over m of x[m] exp(2 pi i m n / size), for every n; not divided by the size. */
  void backward(double[] real, double[] imaginary) {
    transform(real, imaginary, 1);
  }

  private void transform(double[] re, double[] im, int sign) {
    int shift = 32 - Integer.numberOfTrailingZeros(size);
    for (int i = 0; i < size; i++) {
      int j = Integer.reverse(i) >>> shift;
      if (i < j) {
        double t = re[i];
        re[i] = re[j];
        re[j] = t;
        t = im[i];
        im[i] = im[j];
        im[j] = t;
      }
    }
    for (int half = 1; half < size; half *= 2) {
      int stride = size / (2 * half);
      for (int begin = 0; begin < size; begin += 2 * half) {
        for (int k = 0; k < half; k++) {
          double c = cosines[k * stride];
          double s = sign * sines[k * stride];
          int a = begin + k;
          int b = a + half;
          double x = re[b] * c - im[b] * s;
          double y = re[b] * s + im[b] * c;
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  }
}
