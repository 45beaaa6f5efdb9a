package dev.tensafe.model.shape;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Cosines and sines of rotary position embeddings. Pure: the same arguments give the same values.
 *
 * <p>For {@link RopeConfig.Dynamic} the frequencies depend on the length of the sequence. As in
 * Hugging Face, prompt tokens use the length of the prompt and each later token the length up to
 * itself; stated per position it does not depend on how a prompt is cut into chunks.
 */
public final class RotaryEmbedding {
  private final RopeConfig config;
  private final int half;
  private final double[] inverseFrequencies;
  private final double magnitude;

  /**
   * @param headDim size of one attention head; even
   */
  public RotaryEmbedding(RopeConfig config, int headDim) {
    this.config = config;
    this.half = headDim / 2;
    this.inverseFrequencies = frequencies(config, half);
    this.magnitude = config instanceof RopeConfig.Yarn yarn ? yarn.attentionFactor() : 1.0;
  }

  /** Whether every angle is a number: settings taken from a file may be of any size. */
  public boolean isFinite() {
    return Float.isFinite((float) magnitude)
        && Arrays.stream(inverseFrequencies).allMatch(f -> Float.isFinite((float) f));
  }

  /** Half the head dimension: the number of angles per position. */
  public int half() {
    return half;
  }

  /**
   * Appends {@code half()} cosines and sines of one position.
   *
   * @param position zero-based
   * @param promptLength tokens in the sequence's prompt, which fixes dynamic frequencies
   */
  public void put(int position, int promptLength, FloatBuffer cosines, FloatBuffer sines) {
    double[] frequencies = inverseFrequencies;
    if (config instanceof RopeConfig.Dynamic dynamic) {
      int length = position < promptLength ? promptLength : position + 1;
      if (length > dynamic.originalLength()) {
        frequencies = series(dynamicBase(dynamic, length), half);
      }
    }
    for (int i = 0; i < half; i++) {
      // float32 product of float32 factors, as the reference implementation multiplies them
      double angle = (float) position * (float) frequencies[i];
      cosines.put((float) (Math.cos((float) angle) * magnitude));
      sines.put((float) (Math.sin((float) angle) * magnitude));
    }
  }

  private double dynamicBase(RopeConfig.Dynamic dynamic, int length) {
    double dim = 2.0 * half;
    double stretch = dynamic.factor() * length / dynamic.originalLength() - (dynamic.factor() - 1);
    return dynamic.theta() * Math.pow(stretch, dim / (dim - 2));
  }

  /** θ^(−2i/d) for i &lt; half. */
  private static double[] series(double theta, int half) {
    double[] out = new double[half];
    for (int i = 0; i < half; i++) {
      out[i] = 1.0 / Math.pow(theta, (double) i / half);
    }
    return out;
  }

  private static double[] frequencies(RopeConfig config, int half) {
    double[] out = series(config.theta(), half);
    if (config instanceof RopeConfig.Linear linear) {
      for (int i = 0; i < half; i++) {
        out[i] /= linear.factor();
      }
    } else if (config instanceof RopeConfig.Llama3 llama3) {
      scaleByBand(out, llama3);
    } else if (config instanceof RopeConfig.Yarn yarn) {
      blend(out, yarn);
    }
    return out;
  }

  private static void scaleByBand(double[] frequencies, RopeConfig.Llama3 c) {
    double longest = c.originalLength() / c.lowFrequency();
    double shortest = c.originalLength() / c.highFrequency();
    for (int i = 0; i < frequencies.length; i++) {
      double wavelength = 2 * Math.PI / frequencies[i];
      if (wavelength > longest) {
        frequencies[i] /= c.factor();
      } else if (wavelength >= shortest) {
        double smooth =
            (c.originalLength() / wavelength - c.lowFrequency())
                / (c.highFrequency() - c.lowFrequency());
        frequencies[i] = (1 - smooth) * frequencies[i] / c.factor() + smooth * frequencies[i];
      }
    }
  }

  private static void blend(double[] frequencies, RopeConfig.Yarn c) {
    int half = frequencies.length;
    double low = correctionDimension(c.betaFast(), c, half);
    double high = correctionDimension(c.betaSlow(), c, half);
    if (c.truncate()) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, 2 * half - 1);
    if (high == low) {
      high += 0.001;
    }
    for (int i = 0; i < half; i++) {
      double ramp = Math.min(1, Math.max(0, (i - low) / (high - low)));
      frequencies[i] = frequencies[i] / c.factor() * ramp + frequencies[i] * (1 - ramp);
    }
  }

  /** The dimension whose wavelength fits {@code rotations} times into the original length. */
  private static double correctionDimension(double rotations, RopeConfig.Yarn c, int half) {
    return 2.0
        * half
        * Math.log(c.originalLength() / (rotations * 2 * Math.PI))
        / (2 * Math.log(c.theta()));
  }
}
