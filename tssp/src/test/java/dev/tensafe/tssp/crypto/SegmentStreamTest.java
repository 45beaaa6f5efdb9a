package dev.tensafe.tssp.crypto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.fixture.SeededRandom;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentStreamTest {
  private static final int FULL = 65_536;
  private static final int SEALED = FULL + 16;
  private static final byte[] ID = new byte[16];

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final DataKey key = DataKey.generate(new SeededRandom(seed));

  SegmentStreamTest() {
    System.out.println("seed " + seed);
  }

  private byte[] seal(byte[] plaintext) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SealingStream stream = new SealingStream(out, key, ID, "weights", new SeededRandom(seed + 1));
    int at = 0;
    while (at < plaintext.length) {
      int count = Math.min(plaintext.length - at, 1 + random.nextInt(100_000));
      stream.write(plaintext, at, count);
      at += count;
    }
    SealingStream.Result result = stream.finish();
    assertEquals(out.size(), result.streamLength());
    assertArrayEquals(Digests.sha256(out.toByteArray()), result.streamSha256());
    assertArrayEquals(Digests.sha256(plaintext), result.plaintextSha256());
    return out.toByteArray();
  }

  private byte[] open(byte[] stream, long length) throws IOException {
    return open(stream, length, key, ID, "weights");
  }

  private byte[] open(byte[] stream, long length, DataKey dataKey, byte[] id, String part)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OpeningStream opening =
        new OpeningStream(new ByteArrayInputStream(stream), dataKey, id, part, length)) {
      byte[] buffer = new byte[1 + random.nextInt(100_000)];
      int count;
      while ((count = opening.read(buffer)) >= 0) {
        out.write(buffer, 0, count);
      }
      assertArrayEquals(Digests.sha256(out.toByteArray()), opening.finish());
    }
    return out.toByteArray();
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, FULL - 1, FULL, FULL + 1, 2 * FULL, 2 * FULL + 1, 300_000})
  void everyLengthComesBack(int length) throws IOException {
    byte[] plaintext = bytes(length);
    byte[] stream = seal(plaintext);
    assertEquals(7 + length + 16 * Math.max(1, (length + FULL - 1) / FULL), stream.length);
    assertArrayEquals(plaintext, open(stream, length));
  }

  private void assertRefused(byte[] stream, long length) {
    TsspException e = assertThrows(TsspException.class, () -> open(stream, length));
    assertEquals(Reason.DECRYPTION_FAILED, e.reason());
  }

  @Test
  void truncationIsRefusedAlsoAtSegmentEnds() throws IOException {
    byte[] stream = seal(bytes(2 * FULL + 100));
    for (int end : new int[] {0, 6, 7, 7 + SEALED, 7 + 2 * SEALED, stream.length - 1}) {
      byte[] cut = Arrays.copyOf(stream, end);
      assertRefused(cut, 2 * FULL + 100);
      // The manifest lies too: the last segment is not marked as such.
      assertRefused(cut, FULL);
      assertRefused(cut, 2 * FULL);
    }
  }

  @Test
  void reorderedDuplicatedAndDroppedSegmentsAreRefused() throws IOException {
    byte[] stream = seal(bytes(3 * FULL));
    int[][] orders = {{1, 0, 2}, {0, 0, 2}, {0, 2, 1}, {2, 1, 0}, {0, 1, 1}};
    for (int[] order : orders) {
      byte[] mixed = stream.clone();
      for (int i = 0; i < 3; i++) {
        System.arraycopy(stream, 7 + order[i] * SEALED, mixed, 7 + i * SEALED, SEALED);
      }
      assertRefused(mixed, 3 * FULL);
    }
    byte[] dropped = new byte[7 + 2 * SEALED];
    System.arraycopy(stream, 0, dropped, 0, 7 + SEALED);
    System.arraycopy(stream, 7 + 2 * SEALED, dropped, 7 + SEALED, SEALED);
    assertRefused(dropped, 2 * FULL);
  }

  @Test
  void longerClaimsAreRefused() throws IOException {
    byte[] stream = seal(bytes(FULL));
    assertRefused(stream, FULL + 1);
    assertRefused(stream, FULL - 1);
    assertRefused(stream, 0);
  }

  @Test
  void everyBitFlipIsRefused() throws IOException {
    byte[] stream = seal(bytes(20));
    for (int bit = 0; bit < stream.length * 8; bit++) {
      byte[] flipped = stream.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      assertRefused(flipped, 20);
    }
  }

  @Test
  void anotherKeyPackageOrPartDoesNotOpen() throws IOException {
    byte[] stream = seal(bytes(20));
    byte[] otherId = ID.clone();
    otherId[3] = 1;
    DataKey other = DataKey.generate(new SeededRandom(seed + 9));
    assertThrows(TsspException.class, () -> open(stream, 20, other, ID, "weights"));
    assertThrows(TsspException.class, () -> open(stream, 20, key, otherId, "weights"));
    assertThrows(TsspException.class, () -> open(stream, 20, key, ID, "public"));
  }

  @Test
  void wrappedKeysAreBoundToEverything() throws IOException {
    byte[] secret = bytes(32);
    byte[] recipient = bytes(32);
    byte[] wrapped = key.wrap(secret, ID, recipient, "weights");
    assertEquals(DataKey.WRAPPED_BYTES, wrapped.length);
    byte[] stream = seal(bytes(99));
    DataKey unwrapped = DataKey.unwrap(wrapped, secret, ID, recipient, "weights").orElseThrow();
    open(stream, 99, unwrapped, ID, "weights");
    byte[] otherId = ID.clone();
    otherId[0]++;
    byte[] otherRecipient = recipient.clone();
    otherRecipient[31]++;
    byte[] otherSecret = secret.clone();
    otherSecret[5]++;
    assertFalse(DataKey.unwrap(wrapped, otherSecret, ID, recipient, "weights").isPresent());
    assertFalse(DataKey.unwrap(wrapped, secret, otherId, recipient, "weights").isPresent());
    assertFalse(DataKey.unwrap(wrapped, secret, ID, otherRecipient, "weights").isPresent());
    assertFalse(DataKey.unwrap(wrapped, secret, ID, recipient, "sealed").isPresent());
    for (int bit = 0; bit < wrapped.length * 8; bit++) {
      byte[] flipped = wrapped.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      assertFalse(DataKey.unwrap(flipped, secret, ID, recipient, "weights").isPresent());
    }
  }
}
