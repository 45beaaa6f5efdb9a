package dev.tensafe.he.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The certificate and key of one side of a connection, and the authorities that it trusts. */
public final class TlsIdentity {
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  private final SSLContext context;

  private TlsIdentity(SSLContext context) {
    this.context = context;
  }

  /**
   * @param certificate chain, PEM, one's own first
   * @param key its private key, PEM (PKCS#8, not encrypted)
   * @param authorities certificates, PEM, that the other side's has to lead to
   * @throws HeException {@code he.tls}
   */
  public static TlsIdentity of(Path certificate, Path key, Path authorities) {
    try {
      List<? extends Certificate> chain = List.copyOf(certificates(certificate));
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, null);
      char[] none = new char[0];
      own.setKeyEntry("own", privateKey(key), none, chain.toArray(new Certificate[0]));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, none);
      KeyStore others = KeyStore.getInstance("PKCS12");
      others.load(null, null);
      int count = 0;
      for (Certificate authority : certificates(authorities)) {
        others.setCertificateEntry("ca" + count++, authority);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(others);
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return new TlsIdentity(context);
    } catch (IOException | GeneralSecurityException e) {
      throw new HeException(Reason.TLS, "certificate and key do not go together", e);
    }
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws GeneralSecurityException {
    Collection<? extends Certificate> all;
    try {
      all =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(read(file)));
    } catch (GeneralSecurityException e) {
      throw new HeException(Reason.TLS, file + " holds no certificates in PEM", e);
    }
    if (all.isEmpty()) {
      throw new HeException(Reason.TLS, file + " holds no certificates in PEM");
    }
    return all;
  }

  private static PrivateKey privateKey(Path file) throws GeneralSecurityException {
    byte[] bytes = read(file);
    byte[] der = new byte[0];
    try {
      String text = new String(bytes, US_ASCII);
      int begin = text.indexOf(BEGIN);
      int end = text.indexOf(END);
      if (begin < 0 || end < begin) {
        throw new HeException(Reason.TLS, file + " holds no PKCS#8 private key in PEM");
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
      throw new HeException(Reason.TLS, file + " holds a private key of an unknown kind");
    } finally {
      Arrays.fill(bytes, (byte) 0);
      Arrays.fill(der, (byte) 0);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new HeException(Reason.TLS, "cannot read " + file, e);
    }
  }

  SSLContext context() {
    return context;
  }
}
