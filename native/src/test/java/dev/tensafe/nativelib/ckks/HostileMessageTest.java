package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Bad bytes and bad buffers from Java: typed errors, and the next good call works. */
class HostileMessageTest {
  private static void refused(CkksException.Reason reason, Runnable call) {
    CkksException e = assertThrows(CkksException.class, call::run);
    assertEquals(reason, e.reason(), e.getMessage());
  }

  @Test
  void randomlyBrokenMessagesNeverDoMoreThanFail() {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Plaintext zero = Plaintext.of(context, 1, new long[2048]);
        Ciphertext ciphertext = Ciphertext.encrypt(parties.key, zero)) {
      InputShape shape = new InputShape(2, 100, new Packing(2, 2));
      byte[] inputs =
          Twin.bytes(
              parties
                  .key
                  .encryptInputs(shape, TestBuffers.floats(new float[200]), null, 20)
                  .message());
      breakIt(inputs, random, b -> ReceivedInputs.read(context, parties.masks, b).close());
      byte[] seeded = Twin.bytes(ciphertext.seededMessage());
      breakIt(seeded, random, b -> Ciphertext.readSeeded(context, parties.masks, b).close());
      breakIt(Twin.bytes(ciphertext.message()), random, b -> Ciphertext.read(context, b).close());
      byte[] key = Twin.bytes(parties.publicKey.message());
      breakIt(key, random, b -> PublicKey.read(context, b, new byte[32]).close());
      AnswerShape answers = new AnswerShape(2, 3, shape.packing());
      byte[] answer;
      try (ReceivedInputs received =
              ReceivedInputs.read(context, parties.masks, TestBuffers.direct(inputs));
          WeightMatrix weights =
              WeightMatrix.of(context, TestBuffers.ints(new int[300]), 3, 100, shape.packing())) {
        answer = Twin.bytes(received.evaluate(weights, parties.rerandomizer));
      }
      double[] ones = {1, 1};
      DoubleBuffer out = TestBuffers.doubles(6);
      breakIt(answer, random, b -> parties.key.decryptAnswers(answers, b, ones, null, out));
      refused(
          CkksException.Reason.MALFORMED_MESSAGE,
          () ->
              parties.key.decryptAnswers(
                  new AnswerShape(2, 4, shape.packing()),
                  TestBuffers.direct(answer),
                  ones,
                  null,
                  TestBuffers.doubles(8)));
    }
  }

  private static void breakIt(byte[] good, Random random, Consumer<ByteBuffer> read) {
    read.accept(TestBuffers.direct(good));
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] bad = good.clone();
      int changes = 1 + random.nextInt(3);
      for (int c = 0; c < changes; c++) {
        int at = random.nextInt(i % 2 == 0 ? 64 : bad.length);
        bad[at] = (byte) random.nextInt();
      }
      ByteBuffer message = TestBuffers.direct(bad);
      if (i % 5 == 0) {
        message.limit(random.nextInt(bad.length));
      }
      try {
        read.accept(message);
      } catch (CkksException e) {
        assertEquals(CkksException.Reason.MALFORMED_MESSAGE, e.reason(), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 60, "refused " + refused);
    read.accept(TestBuffers.direct(good));
  }

  @Test
  void buffersThatNativeCodeMayNotTouchAreRefused() {
    CkksException.Reason bad = CkksException.Reason.INVALID_ARGUMENT;
    InputShape shape = new InputShape(2, 3, new Packing(1, 1));
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context)) {
      SecretKey key = parties.key;
      refused(bad, () -> key.encryptInputs(shape, FloatBuffer.allocate(6), null, 20));
      refused(bad, () -> key.encryptInputs(shape, TestBuffers.floats(new float[5]), null, 20));
      FloatBuffer swapped =
          ByteBuffer.allocateDirect(24).order(ByteOrder.BIG_ENDIAN).asFloatBuffer();
      refused(bad, () -> key.encryptInputs(shape, swapped, null, 20));
      FloatBuffer x = TestBuffers.floats(new float[6]);
      refused(bad, () -> key.encryptInputs(shape, x, null, 20, ByteBuffer.allocateDirect(100)));
      refused(bad, () -> key.encryptInputs(shape, x, null, 20, ByteBuffer.allocate(1 << 20)));
      ByteBuffer frozen = ByteBuffer.allocateDirect(1 << 20).asReadOnlyBuffer();
      refused(bad, () -> key.encryptInputs(shape, x, null, 20, frozen));
      refused(bad, () -> key.encryptInputs(shape, x, null, 63));
      refused(bad, () -> key.encryptInputs(shape, x, null, -1));
      ColumnScales two = ColumnScales.ofMagnitudes(new double[] {1, 1});
      refused(bad, () -> key.encryptInputs(shape, x, two, 20));
      for (InputShape impossible :
          new InputShape[] {
            new InputShape(0, 3, shape.packing()),
            new InputShape(-1, 3, shape.packing()),
            new InputShape(1, 0, shape.packing()),
            new InputShape(1 << 20, 1, shape.packing()),
            new InputShape(1, 1 << 24, shape.packing())
          }) {
        refused(bad, () -> SecretKey.inputMessageBytes(context, impossible));
      }
      refused(bad, () -> MaskExpander.of(new byte[31]));
      refused(bad, () -> PublicKey.of(key, new byte[33]));
      refused(bad, () -> Rerandomizer.of(parties.publicKey, -1));
      refused(bad, () -> Rerandomizer.of(parties.publicKey, 1 << 20));
      refused(bad, () -> parties.rerandomizer.fill(-1));
      refused(bad, () -> context.measure(Primitive.UNIFORM, 0));
    }
  }

  @Test
  void numbersThatAreNotFiniteAreRefusedBeforeAnythingIsWritten() {
    InputShape shape = new InputShape(2, 3, new Packing(2, 1));
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context)) {
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        float[] x = {1, 2, 3, 4, bad, 6};
        ByteBuffer out = ByteBuffer.allocateDirect(1 << 16);
        refused(
            CkksException.Reason.NOT_FINITE,
            () -> parties.key.encryptInputs(shape, TestBuffers.floats(x), null, 20, out));
        assertEquals(0, out.position());
        while (out.hasRemaining()) {
          assertEquals(0, out.get());
        }
      }
      refused(
          CkksException.Reason.NOT_FINITE,
          () -> ColumnScales.ofMagnitudes(new double[] {1, Double.NaN}));
      refused(
          CkksException.Reason.NOT_FINITE,
          () -> FixedPoint.of(CkksParameters.FAST, Double.POSITIVE_INFINITY));
      refused(
          CkksException.Reason.INVALID_ARGUMENT, () -> FixedPoint.of(CkksParameters.FAST, 1e15));
    }
  }

  @Test
  void inputsWeightsAndSessionsMustFit() {
    CkksException.Reason bad = CkksException.Reason.INVALID_ARGUMENT;
    Packing packing = new Packing(1, 2);
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        CkksContext other = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Parties strangers = new Parties(other);
        ReceivedInputs inputs =
            ReceivedInputs.read(
                context,
                parties.masks,
                parties
                    .key
                    .encryptInputs(
                        new InputShape(1, 8, packing), TestBuffers.floats(new float[8]), null, 20)
                    .message());
        WeightMatrix narrow =
            WeightMatrix.of(context, TestBuffers.ints(new int[7]), 1, 7, packing);
        WeightMatrix packed =
            WeightMatrix.of(context, TestBuffers.ints(new int[8]), 1, 8, new Packing(2, 2));
        WeightMatrix foreign = WeightMatrix.of(other, TestBuffers.ints(new int[8]), 1, 8, packing);
        WeightMatrix right =
            WeightMatrix.of(context, TestBuffers.ints(new int[8]), 1, 8, packing)) {
      refused(bad, () -> inputs.evaluate(narrow, parties.rerandomizer));
      refused(bad, () -> inputs.evaluate(packed, parties.rerandomizer));
      refused(bad, () -> inputs.evaluate(foreign, parties.rerandomizer));
      refused(bad, () -> inputs.evaluate(right, strangers.rerandomizer));
      assertTrue(inputs.evaluate(right, parties.rerandomizer).hasRemaining());
    }
  }
}
