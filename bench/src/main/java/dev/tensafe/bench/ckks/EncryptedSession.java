package dev.tensafe.bench.ckks;

import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.FixedPoint;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.MaskExpander;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.ReceivedInputs;
import dev.tensafe.nativelib.ckks.Rerandomizer;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.nativelib.ckks.WeightMatrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Random;

/** Both parties of one session over a random batch and matrix, through the Java interface. */
final class EncryptedSession implements AutoCloseable {
  private static final double WEIGHT_RMS = 8192;

  private final CkksContext context;
  private final SecretKey key;
  private final MaskExpander masks;
  private final PublicKey publicKey;
  private final Rerandomizer rerandomizer;
  private final WeightMatrix weights;
  private final InputShape shape;
  private final AnswerShape answers;
  private final FixedPoint fixed;
  private final FloatBuffer x;
  private final ByteBuffer up;
  private final ByteBuffer down;
  private final DoubleBuffer out;

  EncryptedSession(CkksContext context, InputShape shape, int rows) {
    this.context = context;
    this.shape = shape;
    answers = new AnswerShape(shape.tokens(), rows, shape.packing());
    key = SecretKey.generate(context);
    masks = MaskExpander.of(key.maskSeed());
    publicKey = PublicKey.of(key, new byte[32]);
    rerandomizer = Rerandomizer.of(publicKey, (int) answers.ciphertexts());
    Random random = new Random(1);
    IntBuffer matrix = direct(4L * rows * shape.columns()).asIntBuffer();
    double largest = 0;
    for (int k = 0; k < rows; k++) {
      double sum = 0;
      for (int j = 0; j < shape.columns(); j++) {
        int w = (int) Math.round(WEIGHT_RMS * random.nextGaussian());
        sum += Math.abs(w);
        matrix.put(w);
      }
      largest = Math.max(largest, sum);
    }
    fixed = FixedPoint.of(context.parameters(), largest);
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

  private static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  /** Encryptions of zero for one batch of answers. */
  int refill() {
    return rerandomizer.fill((int) answers.ciphertexts());
  }

  /** Encrypt, send, evaluate, send, decrypt; the first number of the answer. */
  double product() {
    double[] magnitudes = key.encryptInputs(shape, x, null, fixed.scaleBits(), up.clear());
    try (ReceivedInputs received = ReceivedInputs.read(context, masks, up.flip())) {
      received.evaluate(weights, rerandomizer, down.clear());
    }
    key.decryptAnswers(answers, down.flip(), fixed.tokenScales(magnitudes), null, out);
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
    masks.close();
    key.close();
  }
}
