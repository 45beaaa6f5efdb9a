package dev.tensafe.tssp.verify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.content.WeightsPart;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageRewriter;
import dev.tensafe.tssp.fixture.SeededRandom;
import dev.tensafe.tssp.fixture.Workplace;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.PackRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a PEFT directory to a file and back. */
class PackageTest {
  @TempDir Path directory;
  private Workplace place;

  @BeforeEach
  void start() throws IOException {
    place = new Workplace(directory);
  }

  private static byte[] open(VerifiedPackage verified, PartKind kind, RecipientKey key) {
    return verified.open(kind, key, (in, length) -> in.readAllBytes());
  }

  private static void assertRefused(Reason reason, Runnable run) {
    TsspException e = assertThrows(TsspException.class, run::run);
    assertEquals(reason, e.reason(), e.description());
  }

  @Test
  void plainPackagesHoldTheFilesThatWerePacked() throws IOException {
    VerifiedPackage verified = place.verify(place.pack(place.request(Mode.PLAIN)));
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    expected.writeBytes(
        WeightsPart.prefix(Files.readAllBytes(place.peft.resolve("adapter_config.json"))));
    expected.writeBytes(Files.readAllBytes(place.peft.resolve("adapter_model.safetensors")));
    assertArrayEquals(expected.toByteArray(), open(verified, PartKind.WEIGHTS, place.modelHost));
    Manifest manifest = verified.manifest();
    assertEquals("demo", manifest.name());
    assertEquals(3, manifest.version());
    assertEquals(place.owner.publicKey().id(), manifest.issuer());
    assertEquals("tiny-base", manifest.baseModel().id());
    assertEquals(2, manifest.adapter().modules().size());
    assertEquals(2 * 2 * (Workplace.IN + Workplace.OUT), manifest.adapter().parameters());
    assertEquals("für Tests", manifest.annotations().get("note"));
    assertTrue(verified.digest().matches("[0-9a-f]{64}"));
  }

  @Test
  void eachHostOpensItsOwnPartOnly() {
    VerifiedPackage verified = place.verify(place.pack(place.request(Mode.HE)));
    assertTrue(open(verified, PartKind.PUBLIC, place.modelHost).length > 0);
    assertTrue(open(verified, PartKind.SEALED, place.adapterHost).length > 0);
    assertRefused(Reason.NOT_A_RECIPIENT, () -> open(verified, PartKind.SEALED, place.modelHost));
    assertRefused(Reason.NOT_A_RECIPIENT, () -> open(verified, PartKind.PUBLIC, place.adapterHost));
    assertRefused(Reason.PART_UNKNOWN, () -> open(verified, PartKind.WEIGHTS, place.modelHost));
  }

  @Test
  void sameRandomnessSamePackageOtherRandomnessOther() throws IOException {
    for (Mode mode : Mode.SERVED) {
      Path a = directory.resolve("a.tssp");
      Path b = directory.resolve("b.tssp");
      Path c = directory.resolve("c.tssp");
      place.pack(place.request(mode), place.owner, a, 5);
      place.pack(place.request(mode), place.owner, b, 5);
      place.pack(place.request(mode), place.owner, c, 6);
      assertEquals(-1, Files.mismatch(a, b));
      assertNotEquals(-1, Files.mismatch(a, c));
      RecipientKey key = mode == Mode.HE ? place.adapterHost : place.modelHost;
      PartKind kind = mode == Mode.HE ? PartKind.SEALED : PartKind.WEIGHTS;
      boolean samePlaintext =
          Arrays.equals(open(place.verify(a), kind, key), open(place.verify(c), kind, key));
      assertEquals(mode == Mode.PLAIN, samePlaintext);
    }
  }

  @Test
  void withheldPartsLeaveTheRestVerifiable() throws IOException {
    Path whole = place.pack(place.request(Mode.HE));
    Path stored = directory.resolve("stored.tssp");
    try (PackageFile file = PackageFile.open(whole)) {
      PackageRewriter.withhold(file, EnumSet.of(PartKind.SEALED), stored);
    }
    assertTrue(Files.size(stored) < Files.size(whole));
    VerifiedPackage verified = place.verify(stored);
    assertEquals(place.verify(whole).digest(), verified.digest());
    assertFalse(verified.has(PartKind.SEALED));
    assertArrayEquals(
        open(place.verify(whole), PartKind.PUBLIC, place.modelHost),
        open(verified, PartKind.PUBLIC, place.modelHost));
    assertRefused(Reason.PART_UNKNOWN, () -> open(verified, PartKind.SEALED, place.adapterHost));

    // The adapter host misses it, and no one may withhold from the model host what is its own.
    VerifyRequest adapterHost =
        new VerifyRequest(
            place.hostRequest().base(),
            Set.of(place.adapterHost.publicKey().id()),
            VerifyRequest.ENFORCEABLE);
    assertRefused(
        Reason.PART_MISSING,
        () -> place.verify(PackageFile.open(stored), adapterHost, Workplace.NOW));
    Path wrong = directory.resolve("wrong.tssp");
    try (PackageFile file = PackageFile.open(whole)) {
      PackageRewriter.withhold(file, EnumSet.of(PartKind.PUBLIC), wrong);
      assertRefused(
          Reason.PART_UNKNOWN,
          () -> PackageRewriter.withhold(file, EnumSet.of(PartKind.WEIGHTS), wrong));
    }
    assertRefused(Reason.PART_MISSING, () -> place.verify(wrong));
  }

  @Test
  void severalRecipientsOpenOnePart() {
    RecipientKey second = RecipientKey.generate(new SeededRandom(77));
    PackRequest request =
        place.request(
            Mode.PLAIN,
            place.peft,
            place.base,
            PackRequest.Binding.WEIGHTS,
            "demo",
            3,
            Policy.NONE,
            List.of(place.modelHost.publicKey(), second.publicKey()));
    VerifiedPackage verified = place.verify(place.pack(request));
    assertArrayEquals(
        open(verified, PartKind.WEIGHTS, place.modelHost),
        open(verified, PartKind.WEIGHTS, second));
  }

  /** What the caller made of a part is lost if the part turns out not to be the signed one. */
  @Test
  void aFileThatChangesAfterVerificationIsNoticedWhenOpened() throws IOException {
    Path path = place.pack(place.request(Mode.PLAIN));
    VerifiedPackage verified = place.verify(path);
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length - 1] ^= 1;
    Files.write(path, bytes);
    assertRefused(
        Reason.DECRYPTION_FAILED,
        () -> verified.open(PartKind.WEIGHTS, place.modelHost, (in, n) -> "read nothing"));
  }

  /** No file that packing or verifying leaves or makes holds a stretch of the weights. */
  @Test
  void weightsReachNoFile() throws IOException {
    byte[] tensors = Files.readAllBytes(place.peft.resolve("adapter_model.safetensors"));
    byte[] window = Arrays.copyOfRange(tensors, tensors.length - 24, tensors.length);
    assertTrue(contains(tensors, window));
    place.verify(place.pack(place.request(Mode.PLAIN)));
    VerifiedPackage he = place.verify(place.pack(place.request(Mode.HE)));
    byte[] sealed = open(he, PartKind.SEALED, place.adapterHost);
    byte[] sealedWindow = Arrays.copyOfRange(sealed, sealed.length - 120, sealed.length - 96);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] content = Files.readAllBytes(file);
        boolean own = file.getFileName().toString().equals("adapter_model.safetensors");
        assertEquals(own, contains(content, window), file.toString());
        assertFalse(contains(content, sealedWindow), file.toString());
        assertFalse(file.toString().endsWith(".tmp"), file.toString());
      }
    }
  }

  private static boolean contains(byte[] all, byte[] part) {
    for (int i = 0; i + part.length <= all.length; i++) {
      if (Arrays.equals(all, i, i + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }

  @Test
  void failedPackingLeavesNothingBehind() throws IOException {
    Path file = place.peft.resolve("adapter_model.safetensors");
    byte[] tensors = Files.readAllBytes(file);
    // The last value becomes a NaN: it is found when everything before it is written.
    tensors[tensors.length - 1] = 0x7f;
    tensors[tensors.length - 2] = (byte) 0xff;
    Files.write(file, tensors);
    Path target = directory.resolve("out.tssp");
    Files.writeString(target, "kept");
    for (Mode mode : Mode.SERVED) {
      var e =
          assertThrows(
              FormatException.class, () -> place.pack(place.request(mode), place.owner, target, 1));
      assertEquals("peft.not_finite", e.code());
      assertFalse(e.description().contains("NaN,"), e.description());
    }
    assertEquals("kept", Files.readString(target));
    try (Stream<Path> files = Files.list(directory)) {
      assertTrue(files.noneMatch(f -> f.toString().endsWith(".tmp")));
    }
  }
}
