package dev.tensafe.tssp.keys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.fixture.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class KeyFilesTest {
  private static final ScryptCost CHEAP = new ScryptCost(10, 8, 1);

  private final SeededRandom random = new SeededRandom(7);
  private final SigningKey signing = SigningKey.generate(random);
  private final RecipientKey recipient = RecipientKey.generate(random);

  @TempDir Path directory;

  private static Passphrase passphrase(String text) {
    return Passphrase.of(text.toCharArray());
  }

  private static void assertRefused(Reason reason, Executable run) {
    TsspException e = assertThrows(TsspException.class, run);
    assertEquals(reason, e.reason(), e.description());
  }

  @Test
  void keysComeBackWithTheirPassphraseOnly() {
    Path a = directory.resolve("a");
    Path b = directory.resolve("b");
    PrivateKeyFile.write(a, signing, passphrase("päss"), CHEAP, random);
    PrivateKeyFile.write(b, recipient, passphrase("päss"), CHEAP, random);
    Path aKey = directory.resolve("a.key");
    Path bKey = directory.resolve("b.key");
    assertEquals(
        signing.publicKey(), PrivateKeyFile.readSigning(aKey, passphrase("päss")).publicKey());
    assertEquals(
        recipient.publicKey(), PrivateKeyFile.readRecipient(bKey, passphrase("päss")).publicKey());
    assertEquals(signing.publicKey(), PublicKeyFile.readSigning(directory.resolve("a.pub")));
    assertEquals(recipient.publicKey(), PublicKeyFile.readRecipient(directory.resolve("b.pub")));
    assertTrue(PrivateKeyFile.isProtected(aKey));
    assertRefused(
        Reason.KEY_PASSPHRASE_WRONG, () -> PrivateKeyFile.readSigning(aKey, passphrase("pass")));
    assertRefused(Reason.KEY_PASSPHRASE_NEEDED, () -> PrivateKeyFile.readSigning(aKey, null));
    assertRefused(
        Reason.KEY_MALFORMED, () -> PrivateKeyFile.readRecipient(aKey, passphrase("päss")));
    assertRefused(
        Reason.KEY_MALFORMED, () -> PublicKeyFile.readSigning(directory.resolve("b.pub")));
    assertRefused(Reason.KEY_MALFORMED, () -> PublicKeyFile.readSigning(aKey));
    assertRefused(Reason.IO, () -> PublicKeyFile.readSigning(directory.resolve("none")));
  }

  @Test
  void filesAreOwnersOnlyAndNeverOverwritten() throws IOException {
    Path prefix = directory.resolve("k");
    PrivateKeyFile.write(prefix, signing, null, CHEAP, random);
    Path key = directory.resolve("k.key");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
    assertFalse(PrivateKeyFile.isProtected(key));
    assertEquals(signing.publicKey(), PrivateKeyFile.readSigning(key, null).publicKey());
    byte[] before = Files.readAllBytes(key);
    assertRefused(
        Reason.KEY_EXISTS, () -> PrivateKeyFile.write(prefix, recipient, null, CHEAP, random));
    Files.delete(key);
    assertRefused(
        Reason.KEY_EXISTS, () -> PrivateKeyFile.write(prefix, recipient, null, CHEAP, random));
    assertFalse(Files.exists(key));
    Files.write(key, before);
  }

  /** Every byte of a protected key file counts: a changed one is an error, never another key. */
  @Test
  void alteredKeyFilesAreRefused() throws IOException {
    PrivateKeyFile.write(directory.resolve("k"), recipient, passphrase("p"), CHEAP, random);
    Path key = directory.resolve("k.key");
    byte[] good = Files.readAllBytes(key);
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 1;
      Files.write(key, bad);
      try (RecipientKey read = PrivateKeyFile.readRecipient(key, passphrase("p"))) {
        // White space is not bound.
        assertTrue(Character.isWhitespace(good[i]) && Character.isWhitespace(bad[i]), "byte " + i);
      } catch (TsspException e) {
        assertTrue(e.code().startsWith("key."), e.code());
      }
    }
  }

  @Test
  void costsThatWouldTakeTheMachineAreRefused() throws IOException {
    PrivateKeyFile.write(directory.resolve("k"), signing, passphrase("p"), CHEAP, random);
    Path key = directory.resolve("k.key");
    String text = Files.readString(key);
    for (String cost : new String[] {"\"log_n\" : 30", "\"log_n\" : 21", "\"log_n\" : 0"}) {
      Files.writeString(key, text.replace("\"log_n\" : 10", cost));
      assertRefused(Reason.KEY_MALFORMED, () -> PrivateKeyFile.readSigning(key, passphrase("p")));
    }
    Files.writeString(key, "x".repeat(70_000));
    assertRefused(Reason.KEY_MALFORMED, () -> PrivateKeyFile.readSigning(key, passphrase("p")));
  }

  @Test
  void passphraseFilesLoseOneLineEnding() throws IOException {
    PrivateKeyFile.write(directory.resolve("k"), signing, passphrase("p q"), CHEAP, random);
    Path key = directory.resolve("k.key");
    Path file = directory.resolve("pass");
    for (String content : new String[] {"p q", "p q\n", "p q\r\n"}) {
      Files.writeString(file, content);
      PrivateKeyFile.readSigning(key, Passphrase.read(file)).close();
    }
    Files.writeString(file, "p q\n\n");
    assertRefused(
        Reason.KEY_PASSPHRASE_WRONG, () -> PrivateKeyFile.readSigning(key, Passphrase.read(file)));
    Files.writeString(file, "\n");
    assertRefused(Reason.KEY_PASSPHRASE_NEEDED, () -> Passphrase.read(file));
    assertRefused(Reason.IO, () -> Passphrase.read(directory.resolve("none")));
  }

  /** Half a surrogate pair has no UTF-8: what comes before it must not become the passphrase. */
  @Test
  void textThatIsNoUnicodeIsNoPassphrase() {
    assertRefused(Reason.KEY_PASSPHRASE_NEEDED, () -> passphrase("abc\ud800def"));
    assertRefused(Reason.KEY_PASSPHRASE_NEEDED, () -> passphrase("abc\ud800"));
    passphrase("\ud83d\ude00").close();
  }

  @Test
  void bothHalvesOfASignatureMustVerify() {
    byte[] message = {1, 2, 3};
    Signature good = signing.sign(message, random);
    assertTrue(signing.publicKey().verify(message, good));
    assertFalse(signing.publicKey().verify(new byte[] {1, 2}, good));
    SigningKey other = SigningKey.generate(random);
    Signature foreign = other.sign(message, random);
    KeyId id = signing.publicKey().id();
    assertFalse(
        signing.publicKey().verify(message, new Signature(id, good.ed25519(), foreign.mlDsa65())));
    assertFalse(
        signing.publicKey().verify(message, new Signature(id, foreign.ed25519(), good.mlDsa65())));
    assertFalse(
        signing
            .publicKey()
            .verify(message, new Signature(id, new byte[64], new byte[Signature.ML_DSA_65_BYTES])));
    assertFalse(signing.publicKey().verify(message, new Signature(id, new byte[0], new byte[0])));
    assertFalse(
        signing
            .publicKey()
            .verify(
                message, new Signature(other.publicKey().id(), good.ed25519(), good.mlDsa65())));
  }

  @Test
  void secretsAreWipedAndNotPrinted() {
    byte[] seed = recipient.seed();
    for (Object secret :
        new Object[] {
          signing, recipient, passphrase("hush-hush"), recipient.publicKey().encapsulate(random)
        }) {
      String text = secret.toString();
      assertFalse(text.contains("hush") || text.contains("[B@"), text);
      assertFalse(text.contains(HexFormat.of().formatHex(seed)), text);
      assertFalse(text.contains(Base64.getEncoder().encodeToString(seed)), text);
    }
    recipient.close();
    assertArrayEquals(new byte[32], recipient.seed());
    assertNotEquals(0, seed.length);
    signing.close();
    assertArrayEquals(new byte[64], signing.seed());
  }

  @Test
  void bytesThatAreNoKeysAreRefused() {
    assertRefused(Reason.KEY_MALFORMED, () -> new RecipientPublicKey(new byte[10]));
    byte[] overlong = recipient.publicKey().bytes();
    Arrays.fill(overlong, 0, 1152, (byte) 0xff); // coefficients above the modulus
    assertRefused(Reason.KEY_MALFORMED, () -> new RecipientPublicKey(overlong));
    assertRefused(Reason.KEY_MALFORMED, () -> new SigningPublicKey(new byte[32], new byte[1952]));
    assertRefused(Reason.KEY_MALFORMED, () -> new SigningPublicKey(new byte[31], new byte[1952]));
  }
}
