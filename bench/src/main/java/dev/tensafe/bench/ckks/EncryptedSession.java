package dev.tensafe.bench.ckks;

import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.ColumnScales;
import dev.tensafe.nativelib.ckks.FixedPoint;
import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.nativelib.ckks.GroupTag;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.MaskExpander;
import dev.tensafe.nativelib.ckks.PublicHalves;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.ReceivedInputs;
import dev.tensafe.nativelib.ckks.Rerandomizer;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.nativelib.ckks.SecretKind;
import dev.tensafe.nativelib.ckks.WeightMatrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Both parties of one lane over a random batch and matrix, through the Java interface, with the tag
 * and the dither that every answer is judged and covered by.
 */
final class EncryptedSession implements AutoCloseable {
  private static final double WEIGHT_RMS = 8192;

  private final CkksContext context;
  private final SecretKey key;
  private final MaskExpander masks;
  private final PublicHalves halves;
  private final PublicKey publicKey;
  private final Rerandomizer rerandomizer;
  private final WeightMatrix weights;
  private final InputShape shape;
  private final AnswerShape answers;
  private final GroupCodec codec;
  private final int[] tokens;
  private final double[] notes;
  private final double[] verdicts;
  private long nextId;
  private final FloatBuffer x;
  private final ByteBuffer up;
  private final ByteBuffer down;
  private final DoubleBuffer out;

  EncryptedSession(CkksContext context, InputShape shape, int rows) {
    this.context = context;
    this.shape = shape;
    answers = new AnswerShape(shape.tokens(), rows, shape.packing());
    key = SecretKey.derive(context, SecretKind.UNIFORM, seed());
    masks = MaskExpander.of(seed());
    halves = PublicHalves.of(context, seed());
    publicKey = PublicKey.of(key, halves);
    rerandomizer = Rerandomizer.of(halves, (int) answers.ciphertexts());
    Random random = new Random(1);
    int columns = shape.columns();
    IntBuffer matrix = direct(4L * rows * columns).asIntBuffer();
    GroupTag tag =
        new GroupTag(new long[GroupTag.CHECKS][rows], new long[GroupTag.CHECKS][columns]);
    double[] rowNorms = new double[rows];
    double largest = 0;
    for (int k = 0; k < rows; k++) {
      double sum = 0;
      for (int i = 0; i < GroupTag.CHECKS; i++) {
        tag.r()[i][k] = (1 << 14) + random.nextInt(1 << 14);
      }
      for (int j = 0; j < columns; j++) {
        int w = (int) Math.round(WEIGHT_RMS * random.nextGaussian());
        sum += Math.abs(w);
        rowNorms[k] += (double) w * w;
        for (int i = 0; i < GroupTag.CHECKS; i++) {
          tag.f()[i][j] += tag.r()[i][k] * w;
        }
        matrix.put(w);
      }
      rowNorms[k] = Math.sqrt(rowNorms[k]);
      largest = Math.max(largest, sum);
    }
    double[] rowScales = new double[rows];
    Arrays.fill(rowScales, 1);
    codec =
        GroupCodec.of(
            context,
            columns,
            rows,
            ColumnScales.ofExponents(new byte[columns]),
            FixedPoint.of(context.parameters(), largest),
            rowScales,
            rowNorms,
            (long) largest,
            tag);
    tokens = IntStream.range(0, shape.tokens()).toArray();
    notes = new double[GroupCodec.NOTE * shape.tokens()];
    verdicts = new double[GroupCodec.VERDICT * shape.tokens()];
    weights = WeightMatrix.of(context, matrix.flip(), rows, shape.columns(), shape.packing());
    x = direct(4L * shape.tokens() * shape.columns()).asFloatBuffer();
    while (x.hasRemaining()) {
      x.put((float) random.nextGaussian());
    }
    x.flip();
    up = direct(SecretKey.inputMessageBytes(context, shape));
    down = direct(ReceivedInputs.answerMessageBytes(context, answers));
    out = direct(8L * shape.tokens() * rows).asDoubleBuffer();
  }

  private static byte[] seed() {
    byte[] seed = new byte[32];
    new SecureRandom().nextBytes(seed);
    return seed;
  }

  private static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  /** Encryptions of zero for one batch of answers. */
  int refill() {
    return rerandomizer.fill((int) answers.ciphertexts());
  }

  /** Encrypt, send, evaluate, send, decrypt; the first number of the answer. */
  double product() {
    key.encryptInputs(codec, shape, x, tokens, masks, nextId, notes, up.clear());
    nextId += shape.ciphertexts(context.parameters().degree());
    try (ReceivedInputs received = ReceivedInputs.read(context, masks, up.flip())) {
      received.evaluate(weights, rerandomizer, publicKey, down.clear());
    }
    key.decryptAnswers(codec, answers, down.flip(), notes, verdicts, out);
    return out.get(0);
  }

  int bytesUp() {
    return up.capacity();
  }

  int bytesDown() {
    return down.capacity();
  }

  @Override
  public void close() {
    weights.close();
    rerandomizer.close();
    publicKey.close();
    halves.close();
    masks.close();
    codec.close();
    key.close();
  }
}
