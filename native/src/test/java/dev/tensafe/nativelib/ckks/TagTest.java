package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** The set-up of a tag is exact, for any weights, and refuses what is none. */
final class TagTest {
  private static final byte[] PUBLIC_SEED = new byte[32];

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private final CkksContext ring = CkksContext.open(CkksParameters.STRICT);

  private TagTest() {
    System.out.println("TagTest seed " + seed);
  }

  @Test
  void tagIsExact() {
    IntSupplier usual = () -> (int) Math.round(random.nextGaussian() * 8192);
    check(List.of(group(32, 576, usual)), 59);
    // several groups, chunks that end within one, fewer rows in some
    check(
        List.of(
            group(3, 5000, usual), group(1, 1, usual), group(8, 4096, usual), group(2, 7, usual)),
        61);
  }

  @Test
  void tagIsExactAtTheLargestWeights() {
    // 2^15·2^26·8 rows, times 2^54, is just below half of the modulus
    IntSupplier extreme = () -> random.nextBoolean() ? 1 << 26 : -(1 << 26);
    check(List.of(group(8, 4100, extreme)), 54);
  }

  @Test
  void otherMessagesAreRefused() {
    List<TagAnswer.Rows> groups = List.of(group(2, 30, () -> random.nextInt(100)));
    try (TagRequest request = begin(2, 60);
        TagRequest other = begin(2, 60)) {
      ByteBuffer message = request.message();
      assertMalformed(() -> TagAnswer.open(ring, PUBLIC_SEED, 3, message));
      assertMalformed(
          () ->
              TagAnswer.open(ring, PUBLIC_SEED, 2, message.duplicate().limit(message.limit() - 1)));
      assertMalformed(() -> TagAnswer.open(ring, PUBLIC_SEED, 2, message.duplicate().limit(100)));
      ByteBuffer chunk = answer(message, 2, groups);
      assertMalformed(() -> request.read(chunk, 29));
      // under another key it is no multiple of the scale
      assertMalformed(() -> other.read(chunk, 30));
      assertEquals(30, request.read(chunk, 30).length);
    }
  }

  @Test
  void answersAreRandomisedAnew() {
    List<TagAnswer.Rows> groups = List.of(group(1, 1, () -> 1));
    try (TagRequest request = begin(1, 60)) {
      ByteBuffer message = request.message();
      ByteBuffer one = answer(message, 1, groups);
      ByteBuffer two = answer(message, 1, groups);
      int same = 0;
      for (int i = 0; i < one.limit(); i++) {
        same += one.get(i) == two.get(i) ? 1 : 0;
      }
      assertTrue(same < one.limit() / 128, same + " bytes of " + one.limit() + " are the same");
    }
  }

  private TagRequest begin(int rows, int scaleBits) {
    byte[] keySeed = new byte[32];
    random.nextBytes(keySeed);
    return TagRequest.begin(ring, PUBLIC_SEED, keySeed, rows, scaleBits);
  }

  private void check(List<TagAnswer.Rows> groups, int scaleBits) {
    int rows = groups.stream().mapToInt(TagAnswer.Rows::rows).max().orElseThrow();
    int columns = groups.stream().mapToInt(TagAnswer.Rows::columns).sum();
    try (TagRequest request = begin(rows, scaleBits)) {
      long[] r = request.constants();
      assertEquals(rows, r.length);
      for (long constant : r) {
        assertTrue(Math.abs(constant) >= 1 << 14 && Math.abs(constant) < 1 << 15);
      }
      long[] f = request.read(answer(request.message(), rows, groups), columns);
      int at = 0;
      for (TagAnswer.Rows group : groups) {
        long[] expected = new long[group.columns()];
        for (int k = 0; k < group.rows(); k++) {
          for (int j = 0; j < group.columns(); j++) {
            expected[j] += r[k] * group.values().get(k * group.columns() + j);
          }
        }
        long[] got = new long[group.columns()];
        System.arraycopy(f, at, got, 0, got.length);
        assertArrayEquals(expected, got);
        at += got.length;
      }
    }
  }

  private ByteBuffer answer(ByteBuffer message, int rows, List<TagAnswer.Rows> groups) {
    int columns = groups.stream().mapToInt(TagAnswer.Rows::columns).sum();
    int degree = ring.parameters().degree();
    long bytes = 0;
    for (int from = 0; from < columns; from += degree) {
      bytes += TagAnswer.chunkBytes(ring, Math.min(degree, columns - from));
    }
    ByteBuffer out = ByteBuffer.allocateDirect((int) bytes);
    try (TagAnswer answer = TagAnswer.open(ring, PUBLIC_SEED, rows, message)) {
      answer.evaluate(groups, 0, TagAnswer.chunks(ring, columns), out);
    }
    assertEquals(0, out.remaining());
    return out.flip();
  }

  private static TagAnswer.Rows group(int rows, int columns, IntSupplier weights) {
    IntBuffer values =
        ByteBuffer.allocateDirect(rows * columns * Integer.BYTES)
            .order(ByteOrder.nativeOrder())
            .asIntBuffer();
    List<Integer> drawn = new ArrayList<>();
    for (int i = 0; i < rows * columns; i++) {
      drawn.add(weights.getAsInt());
      values.put(i, drawn.get(i));
    }
    return new TagAnswer.Rows(rows, columns, values);
  }

  private static void assertMalformed(Runnable action) {
    CkksException e = assertThrows(CkksException.class, action::run);
    assertEquals("ckks.malformed_message", e.code());
  }
}
