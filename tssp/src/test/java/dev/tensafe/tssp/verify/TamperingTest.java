package dev.tensafe.tssp.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.fixture.SeededRandom;
import dev.tensafe.tssp.fixture.Workplace;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.TrustStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is changed in a package, it is refused, and by verification already. */
class TamperingTest {
  @TempDir Path directory;
  private Workplace place;
  private PackageVerifier verifier;
  private VerifyRequest request;

  @BeforeEach
  void start() throws IOException {
    place = new Workplace(directory);
    verifier =
        new PackageVerifier(TrustStore.open(place.trust), SeenVersions.none(), Workplace.CLOCK);
    request = place.hostRequest();
  }

  private TsspException refusal(Path file) {
    return assertThrows(
        TsspException.class,
        () -> {
          try (PackageFile opened = PackageFile.open(file)) {
            verifier.verify(opened, request);
          }
        });
  }

  @Test
  void aFlippedBitInAnyByteIsRefused() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    byte[] good = Files.readAllBytes(place.pack(place.request(Mode.PLAIN)));
    Map<String, Integer> codes = new TreeMap<>();
    flip(good, byteAt -> 1 << random.nextInt(8), codes);
    System.out.println(good.length + " bytes, refusals of one flipped bit in each: " + codes);
    assertEquals(good.length, codes.values().stream().mapToInt(i -> i).sum());
  }

  /** All of them: about 80,000 packages. */
  @Tag("long")
  @Test
  void everySingleBitFlipIsRefused() throws Exception {
    byte[] good = Files.readAllBytes(place.pack(place.request(Mode.PLAIN)));
    Map<String, Integer> codes = new TreeMap<>();
    flip(good, byteAt -> 0xff, codes);
    System.out.println(good.length + " bytes, refusals of flipped bits: " + codes);
    assertEquals(good.length * 8, codes.values().stream().mapToInt(i -> i).sum());
  }

  /** Flips one bit at a time: of every byte those that are set in {@code bits} of its place. */
  private void flip(byte[] good, IntUnaryOperator bits, Map<String, Integer> codes)
      throws IOException {
    Path file = Files.write(directory.resolve("flip"), good);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int at = 0; at < good.length; at++) {
        int chosen = bits.applyAsInt(at);
        for (int bit = 0; bit < 8; bit++) {
          if ((chosen >> bit & 1) == 1) {
            byte flipped = (byte) (good[at] ^ (1 << bit));
            channel.write(ByteBuffer.wrap(new byte[] {flipped}), at);
            codes.merge(refusal(file).code(), 1, Integer::sum);
          }
        }
        channel.write(ByteBuffer.wrap(good, at, 1), at);
      }
    }
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    Path file = place.pack(place.request(Mode.HE));
    long size = Files.size(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (long length = size - 1; length >= 0; length--) {
        channel.truncate(length);
        Reason reason = refusal(file).reason();
        assertTrue(
            reason == Reason.LAYOUT || (reason == Reason.NOT_A_PACKAGE && length < 8),
            length + ": " + reason);
      }
    }
  }

  @Test
  void trailingBytesAreRefused() throws IOException {
    byte[] good = Files.readAllBytes(place.pack(place.request(Mode.PLAIN)));
    Path file = directory.resolve("longer");
    for (int more : new int[] {1, 7, 8, 9, 1000}) {
      Files.write(file, Arrays.copyOf(good, good.length + more));
      assertEquals(Reason.LAYOUT, refusal(file).reason(), more + " zeros");
    }
  }

  @Test
  void selfSignedPackagesOfUnknownIssuersAreRefused() {
    SigningKey stranger = SigningKey.generate(new SeededRandom(99));
    Path file = directory.resolve("stranger.tssp");
    place.pack(place.request(Mode.PLAIN), stranger, file, 1);
    assertEquals(Reason.ISSUER_UNKNOWN, refusal(file).reason());
  }

  /** The payload of one good package under the manifest of another, same owner, same lengths. */
  @Test
  void swappedPayloadsAreRefusedByVerification() throws IOException {
    byte[] a = Files.readAllBytes(place.pack(place.request(Mode.PLAIN)));
    byte[] b = Files.readAllBytes(place.pack(place.request(Mode.PLAIN)));
    assertEquals(a.length, b.length);
    int head = headLength(a);
    byte[] mixed = a.clone();
    System.arraycopy(b, head, mixed, head, b.length - head);
    Path file = directory.resolve("mixed");
    Files.write(file, mixed);
    assertEquals(Reason.DIGEST_MISMATCH, refusal(file).reason());
    // The manifest of one with the signatures of the other.
    int manifestEnd = 12 + ByteBuffer.wrap(a).getInt(8);
    mixed = a.clone();
    System.arraycopy(b, manifestEnd, mixed, manifestEnd, head - manifestEnd);
    Files.write(file, mixed);
    assertEquals(Reason.SIGNATURE_INVALID, refusal(file).reason());
  }

  @Test
  void exchangedPartsAreRefused() throws IOException {
    byte[] good = Files.readAllBytes(place.pack(place.request(Mode.HE)));
    int head = headLength(good);
    int first = 8 + (int) ByteBuffer.wrap(good).getLong(head);
    byte[] swapped = good.clone();
    int second = good.length - head - first;
    System.arraycopy(good, head + first, swapped, head, second);
    System.arraycopy(good, head, swapped, head + second, first);
    Path file = directory.resolve("swapped");
    Files.write(file, swapped);
    assertEquals(Reason.DIGEST_MISMATCH, refusal(file).reason());
  }

  @Test
  void missingFilesAndDirectoriesAreTyped() {
    assertEquals(Reason.IO, refusal(directory.resolve("none")).reason());
    assertEquals(Reason.IO, refusal(directory).reason());
  }

  private static int headLength(byte[] file) {
    int manifest = ByteBuffer.wrap(file).getInt(8);
    return 12 + manifest + 4 + ByteBuffer.wrap(file).getInt(12 + manifest);
  }
}
