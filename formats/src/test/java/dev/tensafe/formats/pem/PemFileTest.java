package dev.tensafe.formats.pem;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tensafe.formats.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PemFileTest {
  @TempDir private Path dir;

  private Path pem(String name, String label, byte[] der) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        dir.resolve(name),
        "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n");
  }

  private static String refusalOfKey(Path file) {
    FormatException e = assertThrows(FormatException.class, () -> PemFile.privateKey(file));
    assertTrue(e.description().contains(file.toString()), e.description());
    return e.code() + " " + e.description();
  }

  @Test
  void keysOfThreeKindsAreRead() throws Exception {
    for (String algorithm : List.of("EC", "RSA", "Ed25519")) {
      PrivateKey key = KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate();
      PrivateKey read = PemFile.privateKey(pem("k", "PRIVATE KEY", key.getEncoded()));
      assertArrayEquals(key.getEncoded(), read.getEncoded());
    }
  }

  @Test
  void otherFormsAreNamedWithTheCommandThatConvertsThem() throws IOException {
    byte[] some = new byte[100];
    for (var form :
        List.of(
            new String[] {"RSA PRIVATE KEY", "PKCS#1", "openssl pkcs8 -topk8 -nocrypt -in "},
            new String[] {"EC PRIVATE KEY", "SEC1", "openssl pkcs8 -topk8 -nocrypt -in "},
            new String[] {"ENCRYPTED PRIVATE KEY", "passphrase", "openssl pkcs8 -topk8 -nocrypt"},
            new String[] {"OPENSSH PRIVATE KEY", "OpenSSH", "ssh-keygen -p"},
            new String[] {"CERTIFICATE", "it holds a certificate", ""},
            new String[] {"PRIVATE KEY", "damaged", ""})) {
      String refusal = refusalOfKey(pem("k.pem", form[0], some));
      assertTrue(refusal.startsWith("pem.private_key"), refusal);
      assertTrue(refusal.contains(form[1]) && refusal.contains(form[2]), refusal);
    }
    Path der = Files.write(dir.resolve("k.der"), new byte[] {0x30, 1, 2});
    assertTrue(refusalOfKey(der).contains("openssl pkey -in " + der), refusalOfKey(der));
    assertTrue(refusalOfKey(dir.resolve("none")).contains("there is no such file"));
    assertTrue(refusalOfKey(dir).startsWith("pem.unreadable"), refusalOfKey(dir));
    assertTrue(refusalOfKey(Files.writeString(dir.resolve("e"), "")).contains("BEGIN PRIVATE"));
  }

  @Test
  void whatHoldsNoCertificatesSaysSo() throws IOException {
    Path key = pem("key.pem", "PRIVATE KEY", new byte[10]);
    Path damaged = pem("cert.pem", "CERTIFICATE", new byte[10]);
    for (Path file : List.of(key, damaged, Files.writeString(dir.resolve("e"), "x"))) {
      FormatException e = assertThrows(FormatException.class, () -> PemFile.certificates(file));
      assertEquals("pem.certificates", e.code());
      assertTrue(e.description().contains(file.toString()), e.description());
    }
  }

  /** The advice that messages give, followed with OpenSSL itself. */
  @Test
  void opensslConvertsAsTheMessagesSay() throws Exception {
    assumeTrue(openssl("version") == 0, "SKIPPED: there is no openssl here");
    Path cert = dir.resolve("cert.pem");
    Path pkcs8 = dir.resolve("pkcs8.pem");
    assertEquals(
        0,
        openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=a",
            "-days",
            "2",
            "-keyout",
            pkcs8.toString(),
            "-out",
            cert.toString()));
    PrivateKey key = PemFile.privateKey(pkcs8);
    assertTrue(PemFile.belong(key, PemFile.certificates(cert).get(0)));
    Path pkcs1 = dir.resolve("pkcs1.pem");
    assertEquals(
        0, openssl("rsa", "-traditional", "-in", pkcs8.toString(), "-out", pkcs1.toString()));
    String refusal = refusalOfKey(pkcs1);
    String command = refusal.substring(refusal.indexOf("openssl pkcs8")).replace("NEW", "" + dir);
    List<String> words = List.of(command.split(" "));
    assertEquals(0, openssl(words.subList(1, words.size()).toArray(String[]::new)));
    assertArrayEquals(key.getEncoded(), PemFile.privateKey(Path.of(dir + ".pem")).getEncoded());
    Files.delete(Path.of(dir + ".pem"));
    PrivateKey other = KeyPairGenerator.getInstance("RSA").generateKeyPair().getPrivate();
    assertFalse(PemFile.belong(other, PemFile.certificates(cert).get(0)));
    PrivateKey curve = KeyPairGenerator.getInstance("EC").generateKeyPair().getPrivate();
    assertFalse(PemFile.belong(curve, PemFile.certificates(cert).get(0)));
  }

  private static int openssl(String... args) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(args));
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }
}
