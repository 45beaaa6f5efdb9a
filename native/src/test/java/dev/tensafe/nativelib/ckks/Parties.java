package dev.tensafe.nativelib.ckks;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Both parties of a session with one lane, which exchange bytes only. */
final class Parties implements AutoCloseable {
  final CkksContext context;
  final MaskExpander masks = MaskExpander.of(TestKeys.seed());
  final PublicHalves halves;
  final SecretKey key;
  final PublicKey publicKey;
  final Rerandomizer rerandomizer;
  private final AtomicLong nextId = new AtomicLong();

  /** A batch as it was encrypted. */
  record Sent(ByteBuffer message, double[] notes) {}

  Parties(CkksContext context) {
    this.context = context;
    halves = PublicHalves.of(context, TestKeys.seed());
    key = TestKeys.lane(context);
    try (PublicKey own = PublicKey.of(key, halves)) {
      publicKey = PublicKey.read(context, own.message(), halves);
    }
    rerandomizer = Rerandomizer.of(halves, 64);
  }

  /** The first of {@code count} mask ids that nobody else gets. */
  long takeIds(long count) {
    return nextId.getAndAdd(count);
  }

  static int[] allRows(int tokens) {
    return IntStream.range(0, tokens).toArray();
  }

  /** A codec without bounds, dither or tag: u is the integers times the scales. */
  GroupCodec plainCodec(int columns, int rows, int scaleBits) {
    double[] ones = new double[rows];
    Arrays.fill(ones, 1);
    double divisor = FixedPoint.of(context.parameters(), 1).divisor();
    ColumnScales scales = ColumnScales.ofExponents(new byte[columns]);
    return GroupCodec.of(
        context,
        columns,
        rows,
        scales,
        new FixedPoint(scaleBits, divisor),
        ones,
        new double[rows],
        0,
        null);
  }

  /** Encrypts under a {@link #plainCodec}. */
  ByteBuffer encrypt(InputShape shape, float[] x, int scaleBits) {
    try (GroupCodec codec = plainCodec(shape.columns(), 1, scaleBits)) {
      return encrypt(codec, shape, x).message();
    }
  }

  Sent encrypt(GroupCodec codec, InputShape shape, float[] x) {
    ByteBuffer message = DirectBuffers.message(SecretKey.inputMessageBytes(context, shape));
    double[] notes = new double[GroupCodec.NOTE * shape.tokens()];
    key.encryptInputs(
        codec,
        shape,
        TestBuffers.floats(x),
        allRows(shape.tokens()),
        masks,
        takeIds(shape.ciphertexts(context.parameters().degree())),
        notes,
        message);
    return new Sent(message.flip(), notes);
  }

  ByteBuffer evaluate(ReceivedInputs inputs, WeightMatrix weights) {
    ByteBuffer out = DirectBuffers.message(inputs.answerMessageBytes(weights));
    inputs.evaluate(weights, rerandomizer, publicKey, out);
    return out.flip();
  }

  /** Σ_j weights[k][j]·x[t][j] through the whole protocol, without dither, [m][rows]. */
  double[] product(InputShape shape, float[] x, int[] weights) {
    int rows = weights.length / shape.columns();
    double[] ones = new double[rows];
    Arrays.fill(ones, 1);
    try (WeightMatrix matrix =
        WeightMatrix.of(
            context, TestBuffers.ints(weights), rows, shape.columns(), shape.packing())) {
      double sum = rowSum(weights, shape.columns());
      return product(shape, x, null, matrix, sum, ones, new double[rows]);
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
      double[] rowScales,
      double[] rowNorms) {
    FixedPoint fixed = FixedPoint.of(context.parameters(), rowSum);
    ColumnScales scales =
        columns == null ? ColumnScales.ofExponents(new byte[shape.columns()]) : columns;
    try (GroupCodec codec =
        GroupCodec.of(
            context,
            shape.columns(),
            matrix.rows(),
            scales,
            fixed,
            rowScales,
            rowNorms,
            (long) rowSum,
            null)) {
      Sent sent = encrypt(codec, shape, x);
      ByteBuffer answer;
      try (ReceivedInputs received = ReceivedInputs.read(context, masks, sent.message())) {
        answer = evaluate(received, matrix);
      }
      DoubleBuffer out = TestBuffers.doubles(shape.tokens() * matrix.rows());
      key.decryptAnswers(
          codec,
          new AnswerShape(shape.tokens(), matrix.rows(), shape.packing()),
          answer,
          sent.notes(),
          new double[GroupCodec.VERDICT * shape.tokens()],
          out);
      double[] result = new double[out.remaining()];
      out.get(result);
      return result;
    }
  }

  @Override
  public void close() {
    rerandomizer.close();
    publicKey.close();
    key.close();
    halves.close();
    masks.close();
  }
}
