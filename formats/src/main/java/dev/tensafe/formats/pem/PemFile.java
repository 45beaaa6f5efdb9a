package dev.tensafe.formats.pem;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tensafe.formats.FormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Reads certificates and private keys. A file of another form than the expected one is refused with
 * what it is, and with the command that converts it. Stateless.
 */
public final class PemFile {
  private static final int MAX_BYTES = 4 << 20;
  private static final String CERTIFICATE = "-----BEGIN CERTIFICATE-----";
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  private PemFile() {}

  /**
   * The certificates in a file, in their order; at least one.
   *
   * @throws FormatException {@code pem.unreadable}, {@code pem.certificates}
   */
  public static List<X509Certificate> certificates(Path file) {
    byte[] bytes = read(file);
    try {
      String text = new String(bytes, ISO_8859_1);
      if (!text.contains(CERTIFICATE)) {
        throw noCertificates(
            file,
            text.contains("PRIVATE KEY-----")
                ? "it holds a private key"
                : bytes.length > 0 && bytes[0] == 0x30
                    ? "it is DER, which 'openssl x509 -inform DER -in " + file + "' converts"
                    : "it has no line '" + CERTIFICATE + "'");
      }
      List<X509Certificate> all = new ArrayList<>();
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(
                      bytes,
                      text.indexOf(CERTIFICATE),
                      bytes.length - text.indexOf(CERTIFICATE)))) {
        all.add((X509Certificate) certificate);
      }
      return List.copyOf(all);
    } catch (GeneralSecurityException e) {
      throw noCertificates(file, "one of them is damaged");
    } finally {
      // whatever was given for the certificate may be a key
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static FormatException noCertificates(Path file, String problem) {
    return new FormatException(
        "pem.certificates", file + " does not hold certificates in PEM: " + problem);
  }

  /**
   * The private key in a file.
   *
   * @throws FormatException {@code pem.unreadable}, {@code pem.private_key} for what is no PKCS#8
   *     key without a passphrase
   */
  public static PrivateKey privateKey(Path file) {
    byte[] bytes = read(file);
    byte[] der = new byte[0];
    try {
      String text = new String(bytes, ISO_8859_1);
      int begin = text.indexOf(BEGIN);
      int end = text.indexOf(END);
      if (begin < 0 || end < begin) {
        throw noKey(file, instead(file, text, bytes));
      }
      der = Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
      PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(der);
      for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(spec);
        } catch (InvalidKeySpecException e) {
          // of another kind
        }
      }
      throw noKey(file, "it is damaged, or of another kind than EC, RSA and EdDSA");
    } catch (IllegalArgumentException e) {
      throw noKey(file, "it is damaged");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has these keys", e);
    } finally {
      Arrays.fill(bytes, (byte) 0);
      Arrays.fill(der, (byte) 0);
    }
  }

  private static FormatException noKey(Path file, String problem) {
    return new FormatException(
        "pem.private_key", file + " holds no private key in PEM (PKCS#8): " + problem);
  }

  /** What a file holds that is no PKCS#8 key, and how to make one of it. */
  private static String instead(Path file, String text, byte[] bytes) {
    String convert = "; convert it: openssl pkcs8 -topk8 -nocrypt -in " + file + " -out NEW.pem";
    if (text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || text.contains("Proc-Type: 4,ENCRYPTED")) {
      return "it is protected by a passphrase" + convert;
    }
    if (text.contains("-----BEGIN RSA PRIVATE KEY-----")) {
      return "it is of the form PKCS#1" + convert;
    }
    if (text.contains("-----BEGIN EC PRIVATE KEY-----")) {
      return "it is of the form SEC1" + convert;
    }
    if (text.contains("-----BEGIN OPENSSH PRIVATE KEY-----")) {
      return "it is of OpenSSH's form; convert a copy: ssh-keygen -p -N '' -m PKCS8 -f COPY.pem";
    }
    if (text.contains(CERTIFICATE)) {
      return "it holds a certificate";
    }
    if (bytes.length > 0 && bytes[0] == 0x30) {
      return "it is DER or PKCS#12; convert it: openssl pkey -in " + file + " -out NEW.pem";
    }
    return "it has no line '" + BEGIN + "'";
  }

  /** Whether a key is that of a certificate: it signs, the certificate verifies. */
  public static boolean belong(PrivateKey key, X509Certificate certificate) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    byte[] message = new byte[32];
    try {
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(message);
      byte[] signed = signing.sign();
      Signature verifying = Signature.getInstance(algorithm);
      verifying.initVerify(certificate.getPublicKey());
      verifying.update(message);
      return verifying.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static byte[] read(Path file) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      throw unreadable(file, "there is no such file");
    } catch (AccessDeniedException e) {
      throw unreadable(file, "this user may not read it");
    } catch (IOException e) {
      throw unreadable(file, Files.isDirectory(file) ? "it is a directory" : e.toString());
    }
    if (bytes.length > MAX_BYTES) {
      throw unreadable(file, "it is longer than certificates and keys are");
    }
    return bytes;
  }

  private static FormatException unreadable(Path file, String problem) {
    return new FormatException("pem.unreadable", "cannot read " + file + ": " + problem);
  }
}
