package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Predicted against measured variance at every stage. */
class NoiseTest {
  static List<CkksParameters> profiles() {
    return List.of(CkksParameters.FAST, CkksParameters.STRICT);
  }

  private static void assertVariance(String stage, double predicted, List<Double> noise) {
    double sum = 0;
    for (double e : noise) {
      sum += e * e;
    }
    double measured = sum / noise.size();
    System.out.printf(
        "%s: variance predicted %.4g, measured %.4g of %d%n",
        stage, predicted, measured, noise.size());
    // six deviations of a Gaussian's sample variance, and a little for correlated coefficients
    assertEquals(1, measured / predicted, 9 * Math.sqrt(2.0 / noise.size()) + 0.01, stage);
  }

  private static void collect(List<Double> into, BigInteger[] values) {
    for (BigInteger value : values) {
      into.add(value.doubleValue());
    }
  }

  @ParameterizedTest
  @MethodSource("profiles")
  void variancesAreAsPredicted(CkksParameters parameters) {
    int n = parameters.degree();
    int limbs = parameters.limbs();
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    NoiseModel model = new NoiseModel(parameters);
    try (CkksContext context = CkksContext.open(parameters)) {
      List<Double> fresh = new ArrayList<>();
      List<Double> zero = new ArrayList<>();
      List<Double> product = new ArrayList<>();
      List<Double> switched = new ArrayList<>();
      List<Double> answers = new ArrayList<>();
      long[] weights = new long[n];
      double squares = 0;
      for (int i = 0; i < n; i += 4) {
        weights[i] = Math.round(1000 * random.nextGaussian());
        squares += (double) weights[i] * weights[i];
      }
      int d = 512;
      int rows = 64;
      int[] matrix = new int[rows * d];
      double rowSquares = 0;
      for (int i = 0; i < matrix.length; i++) {
        matrix[i] = (int) Math.round(8192 * random.nextGaussian());
        rowSquares += (double) matrix[i] * matrix[i] / rows;
      }
      // the same key for all would correlate its share of the noise
      for (int session = 0; session < 12; session++) {
        try (Parties parties = new Parties(context);
            Plaintext nothing = Plaintext.of(context, limbs, new long[n]);
            Plaintext w = Plaintext.of(context, limbs, weights);
            Ciphertext c = TestKeys.encrypt(parties.key, nothing);
            Ciphertext z = Ciphertext.encryptZero(context, parties.publicKey);
            Ciphertext p = c.multiply(w)) {
          collect(fresh, c.decrypt(parties.key, n));
          collect(zero, z.decrypt(parties.key, n));
          collect(product, p.decrypt(parties.key, n));
          if (limbs == 2) {
            try (Ciphertext s = c.rescale()) {
              collect(switched, s.decrypt(parties.key, n));
            }
          }
          // zeros as inputs: an answer is all noise, in units of magnitude 1 scaled by 2^-bits
          InputShape shape = new InputShape(16, d, new Packing(4, 2));
          float[] x = new float[16 * d];
          for (int t = 0; t < 16; t++) {
            x[t * d] = 1;
          }
          int[] noFirst = matrix.clone();
          for (int k = 0; k < rows; k++) {
            noFirst[k * d] = 0;
          }
          double norm = 0;
          for (int k = 0; k < rows; k++) {
            double sum = 0;
            for (int j = 1; j < d; j++) {
              sum += Math.abs((double) matrix[k * d + j]);
            }
            norm = Math.max(norm, sum);
          }
          double unit = FixedPoint.of(parameters, norm).tokenScale(1);
          for (double e : parties.product(shape, x, noFirst)) {
            answers.add(e / unit);
          }
        }
      }
      assertVariance("fresh", model.fresh(), fresh);
      assertVariance("encryption of zero", model.zeroEncryption(), zero);
      assertVariance("product", model.error() * squares, product);
      if (limbs == 2) {
        double q1 = parameters.moduli().get(1);
        assertVariance("modulus switch", model.modulusSwitch() + model.fresh() / q1 / q1, switched);
      }
      // inputs are whole numbers here: no rounding of them
      double expected =
          model.answer(rowSquares, 2 * rowSquares) - (limbs == 1 ? rowSquares / 12 : 0);
      assertVariance("answer", expected, answers);
      assertTrue(fresh.size() == 12 * n);
    }
  }
}
