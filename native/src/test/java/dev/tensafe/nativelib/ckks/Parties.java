package dev.tensafe.nativelib.ckks;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import org.jspecify.annotations.Nullable;

/** Both parties of a session, which exchange bytes only. */
final class Parties implements AutoCloseable {
  final CkksContext context;
  final SecretKey key;
  final MaskExpander masks;
  final PublicKey publicKey;
  final Rerandomizer rerandomizer;

  Parties(CkksContext context) {
    this.context = context;
    key = SecretKey.generate(context);
    masks = MaskExpander.of(key.maskSeed());
    byte[] seed = new byte[32];
    seed[0] = 42;
    try (PublicKey own = PublicKey.of(key, seed)) {
      publicKey = PublicKey.read(context, own.message(), seed);
    }
    rerandomizer = Rerandomizer.of(publicKey, 64);
  }

  /** Σ_j weights[k][j]·x[t][j] through the whole protocol, [m][rows]. */
  double[] product(
      InputShape shape,
      float[] x,
      @Nullable ColumnScales columns,
      int[] weights,
      double @Nullable [] rowScales) {
    int rows = weights.length / shape.columns();
    try (WeightMatrix matrix =
        WeightMatrix.of(
            context, TestBuffers.ints(weights), rows, shape.columns(), shape.packing())) {
      return product(shape, x, columns, matrix, rowSum(weights, shape.columns()), rowScales);
    }
  }

  /** The largest 1-norm of a row. */
  static double rowSum(int[] weights, int columns) {
    double norm = 0;
    for (int start = 0; start < weights.length; start += columns) {
      double sum = 0;
      for (int j = 0; j < columns; j++) {
        sum += Math.abs((double) weights[start + j]);
      }
      norm = Math.max(norm, sum);
    }
    return norm;
  }

  double[] product(
      InputShape shape,
      float[] x,
      @Nullable ColumnScales columns,
      WeightMatrix matrix,
      double rowSum,
      double @Nullable [] rowScales) {
    FixedPoint fixed = FixedPoint.of(context.parameters(), rowSum);
    EncryptedInputs sent =
        key.encryptInputs(shape, TestBuffers.floats(x), columns, fixed.scaleBits());
    ByteBuffer answer;
    try (ReceivedInputs received = ReceivedInputs.read(context, masks, sent.message())) {
      answer = received.evaluate(matrix, rerandomizer);
    }
    DoubleBuffer out = TestBuffers.doubles(shape.tokens() * matrix.rows());
    key.decryptAnswers(
        new AnswerShape(shape.tokens(), matrix.rows(), shape.packing()),
        answer,
        fixed.tokenScales(sent.magnitudes()),
        rowScales,
        out);
    double[] result = new double[out.remaining()];
    out.get(result);
    return result;
  }

  @Override
  public void close() {
    rerandomizer.close();
    publicKey.close();
    masks.close();
    key.close();
  }
}
