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
        Ciphertext ciphertext = TestKeys.encrypt(parties.key, zero)) {
      InputShape shape = new InputShape(2, 100, new Packing(2, 2));
      byte[] inputs = Twin.bytes(parties.encrypt(shape, new float[200], 20));
      breakIt(inputs, random, b -> ReceivedInputs.read(context, parties.masks, b).close());
      byte[] seeded = Twin.bytes(ciphertext.seededMessage());
      breakIt(seeded, random, b -> Ciphertext.readSeeded(context, TestKeys.MASKS, b).close());
      breakIt(Twin.bytes(ciphertext.message()), random, b -> Ciphertext.read(context, b).close());
      byte[] key = Twin.bytes(parties.publicKey.message());
      breakIt(key, random, b -> PublicKey.read(context, b, parties.halves).close());
      AnswerShape answers = new AnswerShape(2, 3, shape.packing());
      byte[] answer;
      try (ReceivedInputs received =
              ReceivedInputs.read(context, parties.masks, TestBuffers.direct(inputs));
          WeightMatrix weights =
              WeightMatrix.of(context, TestBuffers.ints(new int[300]), 3, 100, shape.packing())) {
        answer = Twin.bytes(parties.evaluate(received, weights));
      }
      GroupCodec codec = parties.plainCodec(100, 3, 20);
      double[] notes = new double[2 * GroupCodec.NOTE];
      double[] verdicts = new double[2 * GroupCodec.VERDICT];
      DoubleBuffer out = TestBuffers.doubles(6);
      breakIt(
          answer, random, b -> parties.key.decryptAnswers(codec, answers, b, notes, verdicts, out));
      codec.close();
      try (GroupCodec four = parties.plainCodec(100, 4, 20)) {
        refused(
            CkksException.Reason.MALFORMED_MESSAGE,
            () ->
                parties.key.decryptAnswers(
                    four,
                    new AnswerShape(2, 4, shape.packing()),
                    TestBuffers.direct(answer),
                    notes,
                    verdicts,
                    TestBuffers.doubles(8)));
      }
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
      Consumer<FloatBuffer> read =
          x -> encrypt(parties, shape, x, ByteBuffer.allocateDirect(1 << 20));
      refused(bad, () -> read.accept(FloatBuffer.allocate(6)));
      refused(bad, () -> read.accept(TestBuffers.floats(new float[5])));
      refused(
          bad,
          () ->
              read.accept(
                  ByteBuffer.allocateDirect(24).order(ByteOrder.BIG_ENDIAN).asFloatBuffer()));
      FloatBuffer x = TestBuffers.floats(new float[6]);
      for (ByteBuffer out :
          new ByteBuffer[] {
            ByteBuffer.allocateDirect(100),
            ByteBuffer.allocate(1 << 20),
            ByteBuffer.allocateDirect(1 << 20).asReadOnlyBuffer()
          }) {
        refused(bad, () -> encrypt(parties, shape, x, out));
      }
      refused(bad, () -> parties.plainCodec(3, 1, 63));
      refused(bad, () -> parties.plainCodec(3, 1, -1));
      refused(bad, () -> parties.plainCodec(3, 0, 20));
      try (GroupCodec two = parties.plainCodec(2, 1, 20)) {
        refused(bad, () -> parties.encrypt(two, shape, new float[6]));
      }
      ColumnScales scales = ColumnScales.ofExponents(new byte[3]);
      FixedPoint fixed = new FixedPoint(20, 1);
      double[] one = {1};
      long[][] r = new long[2][1];
      for (GroupTag tag :
          new GroupTag[] {
            new GroupTag(new long[2][2], new long[2][3]), new GroupTag(r, new long[2][4])
          }) {
        refused(bad, () -> GroupCodec.of(context, 3, 1, scales, fixed, one, one, 1, tag));
      }
      refused(bad, () -> new GroupTag(new long[1][2], new long[2][3]));
      refused(bad, () -> GroupCodec.of(context, 4, 1, scales, fixed, one, one, 1, null));
      refused(bad, () -> GroupCodec.of(context, 3, 2, scales, fixed, one, one, 1, null));
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
      refused(bad, () -> PublicHalves.of(context, new byte[33]));
      refused(bad, () -> SecretKey.derive(context, SecretKind.UNIFORM, new byte[31]));
      refused(bad, () -> Rerandomizer.of(parties.halves, -1));
      refused(bad, () -> Rerandomizer.of(parties.halves, 1 << 20));
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
            () -> encrypt(parties, shape, TestBuffers.floats(x), out));
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
                parties.encrypt(new InputShape(1, 8, packing), new float[8], 20));
        WeightMatrix narrow =
            WeightMatrix.of(context, TestBuffers.ints(new int[7]), 1, 7, packing);
        WeightMatrix packed =
            WeightMatrix.of(context, TestBuffers.ints(new int[8]), 1, 8, new Packing(2, 2));
        WeightMatrix foreign = WeightMatrix.of(other, TestBuffers.ints(new int[8]), 1, 8, packing);
        WeightMatrix right =
            WeightMatrix.of(context, TestBuffers.ints(new int[8]), 1, 8, packing)) {
      refused(bad, () -> parties.evaluate(inputs, narrow));
      refused(bad, () -> parties.evaluate(inputs, packed));
      refused(bad, () -> parties.evaluate(inputs, foreign));
      refused(
          bad,
          () ->
              inputs.evaluate(
                  right,
                  strangers.rerandomizer,
                  strangers.publicKey,
                  DirectBuffers.message(inputs.answerMessageBytes(right))));
      try (PublicHalves others = PublicHalves.of(context, TestKeys.seed());
          SecretKey lane = TestKeys.lane(context);
          PublicKey unrelated = PublicKey.of(lane, others)) {
        refused(
            bad,
            () ->
                inputs.evaluate(
                    right,
                    parties.rerandomizer,
                    unrelated,
                    DirectBuffers.message(inputs.answerMessageBytes(right))));
      }
      assertTrue(parties.evaluate(inputs, right).hasRemaining());
    }
  }

  private static void encrypt(Parties parties, InputShape shape, FloatBuffer x, ByteBuffer out) {
    int[] rows = Parties.allRows(Math.max(0, shape.tokens()));
    double[] notes = new double[GroupCodec.NOTE * rows.length];
    try (GroupCodec codec = parties.plainCodec(shape.columns(), 1, 20)) {
      parties.key.encryptInputs(
          codec, shape, x, rows, parties.masks, parties.takeIds(8), notes, out);
    }
  }
}
