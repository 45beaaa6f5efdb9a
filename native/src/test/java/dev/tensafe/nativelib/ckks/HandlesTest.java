package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class HandlesTest {
  private static long residentBytes() throws Exception {
    String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
    return Long.parseLong(pages[1]) * 4096;
  }

  @Test
  void aHundredThousandHandlesLeaveNothingBehind() throws Exception {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        SecretKey key = TestKeys.lane(context);
        Plaintext one = Plaintext.of(context, 1, new long[2048])) {
      long before = 0;
      // 32 KiB of residues each: a leak of one in ten would be 300 MB
      for (int i = 0; i < 100_000; i++) {
        if (i == 10_000) {
          before = residentBytes();
        }
        TestKeys.encrypt(key, one).close();
      }
      long grown = residentBytes() - before;
      assertTrue(grown < 64L << 20, "grew by " + grown);
    }
  }

  @Test
  void everythingClosedIsRefusedAndWhatWasMadeFromItLives() {
    CkksContext context = CkksContext.open(CkksParameters.FAST);
    SecretKey key = TestKeys.lane(context);
    Plaintext plaintext = Plaintext.of(context, 1, new long[2048]);
    Ciphertext ciphertext = TestKeys.encrypt(key, plaintext);
    context.close();
    plaintext.close();
    assertEquals(16, ciphertext.decrypt(key, 16).length);
    assertThrows(IllegalStateException.class, () -> TestKeys.lane(context));
    assertThrows(IllegalStateException.class, context::kernel);
    assertThrows(IllegalStateException.class, () -> ciphertext.multiply(plaintext));
    key.close();
    assertThrows(IllegalStateException.class, () -> ciphertext.decrypt(key, 16));
    assertThrows(IllegalStateException.class, () -> TestKeys.encrypt(key, plaintext));
    ciphertext.close();
    assertThrows(IllegalStateException.class, ciphertext::message);
    assertThrows(IllegalStateException.class, () -> ciphertext.add(ciphertext));
  }

  @Test
  void aWholeProductWorksAfterTheContextIsClosed() {
    CkksContext context = CkksContext.open(CkksParameters.FAST);
    InputShape shape = new InputShape(1, 3, new Packing(1, 1));
    AnswerShape answers = new AnswerShape(1, 1, shape.packing());
    try (Parties parties = new Parties(context);
        WeightMatrix weights =
            WeightMatrix.of(context, TestBuffers.ints(new int[] {3, 2, 1}), 1, 3, shape.packing());
        ReceivedInputs received =
            ReceivedInputs.read(
                context, parties.masks, parties.encrypt(shape, new float[] {1, 1, 1}, 40))) {
      ByteBuffer answer = DirectBuffers.message(received.answerMessageBytes(weights));
      GroupCodec codec = parties.plainCodec(3, 1, 40);
      context.close();
      parties.rerandomizer.fill(1);
      received.evaluate(weights, parties.rerandomizer, parties.publicKey, answer);
      DoubleBuffer out = TestBuffers.doubles(1);
      double[] verdicts = new double[GroupCodec.VERDICT];
      // the note of a token of magnitude 1
      double[] notes = {1, 1, 1, 0, 0};
      parties.key.decryptAnswers(codec, answers, answer.flip(), notes, verdicts, out);
      codec.close();
      assertEquals(6, out.get(0), 1e-3);
    }
  }

  @Test
  void contextsDoNotMix() {
    try (CkksContext one = CkksContext.open(CkksParameters.FAST);
        CkksContext two = CkksContext.open(CkksParameters.FAST);
        SecretKey key = TestKeys.lane(one);
        SecretKey other = TestKeys.lane(two);
        Plaintext a = Plaintext.of(one, 1, new long[2048]);
        Plaintext b = Plaintext.of(two, 1, new long[2048]);
        Ciphertext x = TestKeys.encrypt(key, a);
        Ciphertext y = TestKeys.encrypt(other, b)) {
      for (Callable<?> mixed :
          List.<Callable<?>>of(
              () -> TestKeys.encrypt(key, b),
              () -> x.add(y),
              () -> x.multiply(b),
              () -> x.decrypt(other, 1),
              x::rescale,
              x::dropLimb,
              () -> x.decrypt(key, 3),
              () -> x.decrypt(key, 4096),
              () -> x.decrypt(key, 0),
              () -> Plaintext.of(one, 2, new long[2048]),
              () -> Plaintext.of(one, 1, new long[2047]),
              () -> Plaintext.of(one, 0, new long[2048]),
              () -> x.add(x).seededMessage())) {
        CkksException e = assertThrows(CkksException.class, mixed::call);
        assertEquals(CkksException.Reason.INVALID_ARGUMENT, e.reason(), e.getMessage());
      }
    }
  }

  @Test
  void manyThreadsEvaluateAtOnce() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context)) {
      InputShape shape = new InputShape(8, 300, new Packing(8, 1));
      float[] x = new float[8 * 300];
      int[] w = new int[5 * 300];
      for (int i = 0; i < x.length; i++) {
        x[i] = i % 7 - 3;
      }
      for (int i = 0; i < w.length; i++) {
        w[i] = i % 1001 - 500;
      }
      double[] expected = new double[40];
      for (int t = 0; t < 8; t++) {
        for (int k = 0; k < 5; k++) {
          for (int j = 0; j < 300; j++) {
            expected[t * 5 + k] += (double) x[t * 300 + j] * w[k * 300 + j];
          }
        }
      }
      List<Future<double[]>> results = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        results.add(
            pool.submit(
                () -> {
                  parties.rerandomizer.fill(2);
                  return parties.product(shape, x, w);
                }));
      }
      for (Future<double[]> result : results) {
        assertArrayEquals(expected, result.get(), 1e-3);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void nothingPrintsWhatItHolds() {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context)) {
      assertEquals("SecretKey[open]", parties.key.toString());
      try (GroupCodec codec = parties.plainCodec(2, 1, 20)) {
        assertEquals("GroupCodec[open]", codec.toString());
      }
      assertEquals("GroupTag", new GroupTag(new long[2][3], new long[2][4]).toString());
    }
  }
}
