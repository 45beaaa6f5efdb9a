package dev.tensafe.he.transport;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.file.SecretFile;
import dev.tensafe.formats.pem.PemFile;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The certificate and key of one side of a connection, and the authorities that it trusts. */
public final class TlsIdentity {
  private static final Logger LOG = LoggerFactory.getLogger(TlsIdentity.class);

  private final TlsSide side;
  private final SSLContext context;

  private TlsIdentity(TlsSide side, SSLContext context) {
    this.side = side;
    this.context = context;
  }

  /**
   * @param side whose it is
   * @param certificate chain, PEM, one's own first
   * @param key its private key, PEM (PKCS#8, not encrypted)
   * @param authorities certificates, PEM, that the other side's has to lead to
   * @throws HeException {@code he.tls}
   */
  public static TlsIdentity of(TlsSide side, Path certificate, Path key, Path authorities) {
    SecretFile.exposure(key).ifPresent(open -> LOG.warn("the private key {}", open));
    try {
      List<X509Certificate> chain = PemFile.certificates(certificate);
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, null);
      char[] none = new char[0];
      own.setKeyEntry("own", PemFile.privateKey(key), none, chain.toArray(new Certificate[0]));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, none);
      KeyStore others = KeyStore.getInstance("PKCS12");
      others.load(null, null);
      int count = 0;
      for (Certificate authority : PemFile.certificates(authorities)) {
        others.setCertificateEntry("ca" + count++, authority);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(others);
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return new TlsIdentity(side, context);
    } catch (FormatException e) {
      throw new HeException(Reason.TLS, e.description(), e);
    } catch (IOException | GeneralSecurityException e) {
      throw new HeException(Reason.TLS, "certificate and key do not go together", e);
    }
  }

  TlsSide side() {
    return side;
  }

  SSLContext context() {
    return context;
  }
}
