package dev.tensafe.he.transport;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.security.auth.x500.X500Principal;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/** Connections of both kinds. */
public final class Sockets {
  private static final String[] PROTOCOLS = {"TLSv1.3"};

  /**
   * How long a model host looks for an answer before its thread sleeps. An adapter host does not
   * look at all: its next message comes only after the model has computed something.
   */
  private static final long SPIN_NANOS = 20_000;

  private Sockets() {}

  /** How long the end that connected looks for a frame before it sleeps: with one core, not. */
  static long spinNanos() {
    return Runtime.getRuntime().availableProcessors() > 1 ? SPIN_NANOS : 0;
  }

  /** The number of the user that this process runs as. */
  public static int ownUid() {
    try {
      return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException | UnsupportedOperationException e) {
      throw new HeException(Reason.ADDRESS, "the system does not say whose this process is", e);
    }
  }

  /**
   * Connects to an adapter host.
   *
   * @param identity needed for {@code tls:}
   * @param timeoutMillis for connecting and for every read of the handshake
   * @param requiredUid number of the user who has to be listening on a {@code unix:} address
   * @throws IOException when nobody listens, or not within the time
   * @throws HeException {@code he.tls} without an identity; {@code he.address} if another user
   *     listens
   */
  public static FrameChannel connect(
      Address address, @Nullable TlsIdentity identity, int timeoutMillis, int requiredUid)
      throws IOException {
    if (address instanceof Address.Unix unix) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(unix.path()));
        UserPrincipal user = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        if (!user.equals(user(requiredUid))) {
          throw new HeException(
              Reason.ADDRESS,
              address + " is served by user " + user.getName() + ", not by user " + requiredUid);
        }
        return unix(channel, user, spinNanos());
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }
    return connect((Address.Tls) address, identity, timeoutMillis);
  }

  /** The user of a number, equal to that of a connection's other end. */
  private static UserPrincipal user(int uid) throws IOException {
    // no name consists of digits, so that it is taken for a number
    return FileSystems.getDefault()
        .getUserPrincipalLookupService()
        .lookupPrincipalByName(Integer.toString(uid));
  }

  private static FrameChannel connect(
      Address.Tls tls, @Nullable TlsIdentity identity, int timeoutMillis) throws IOException {
    if (identity == null) {
      throw new HeException(
          Reason.TLS, tls + " needs a client certificate, its key, and the host's authority");
    }
    Socket plain = new Socket();
    try {
      plain.connect(new InetSocketAddress(tls.host(), tls.port()), timeoutMillis);
      plain.setSoTimeout(timeoutMillis);
      SSLSocket socket =
          (SSLSocket)
              identity
                  .context()
                  .getSocketFactory()
                  .createSocket(plain, tls.host(), tls.port(), true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(PROTOCOLS);
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      FrameChannel channel = of(socket, plain, identity.side());
      plain.setSoTimeout(0);
      return channel;
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  /** Completes the handshake of a socket and names its other side by its certificate. */
  static FrameChannel of(SSLSocket socket, Socket plain, TlsSide side) throws IOException {
    socket.setTcpNoDelay(true);
    try {
      socket.startHandshake();
    } catch (IOException e) {
      throw side.unheard(e);
    }
    return new TlsChannel(
        socket, plain, side, holder(socket.getSession().getPeerCertificates()[0]));
  }

  private static PeerIdentity.Certificate holder(Certificate certificate) throws IOException {
    if (!(certificate instanceof X509Certificate x509)) {
      throw new IOException("the other side's certificate is of another kind than X.509");
    }
    try {
      return new PeerIdentity.Certificate(
          sha256(x509.getEncoded()),
          x509.getSubjectX500Principal().getName(X500Principal.RFC2253),
          x509.getIssuerX500Principal().getName(X500Principal.RFC2253));
    } catch (CertificateEncodingException e) {
      throw new IOException("the other side's certificate has no encoding", e);
    }
  }

  /** Names the other side by the credentials the kernel vouches for. */
  static FrameChannel of(SocketChannel accepted) throws IOException {
    return unix(accepted, accepted.getOption(ExtendedSocketOptions.SO_PEERCRED).user(), 0);
  }

  private static FrameChannel unix(SocketChannel channel, UserPrincipal user, long spinNanos)
      throws IOException {
    return new UnixChannel(channel, new PeerIdentity.User(user.getName()), spinNanos);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
