package dev.tensafe.he.transport;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.SocketFrameChannel.ByteStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.util.HexFormat;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections of both kinds. */
public final class Sockets {
  private static final Logger LOG = LoggerFactory.getLogger(Sockets.class);
  private static final String[] PROTOCOLS = {"TLSv1.3"};

  private Sockets() {}

  /**
   * Connects to an adapter host.
   *
   * @param identity needed for {@code tls:}
   * @param timeoutMillis for connecting and for every read of the handshake
   * @throws IOException when nobody listens, or not within the time
   * @throws HeException {@code he.tls} without an identity
   */
  public static FrameChannel connect(
      Address address, @Nullable TlsIdentity identity, int timeoutMillis) throws IOException {
    if (address instanceof Address.Unix unix) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(unix.path()));
        return new SocketFrameChannel(new ChannelStream(channel), "unix");
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }
    Address.Tls tls = (Address.Tls) address;
    if (identity == null) {
      throw new HeException(
          Reason.TLS, address + " needs a client certificate, its key, and the host's authority");
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
      FrameChannel channel = of(socket, plain);
      plain.setSoTimeout(0);
      return channel;
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  /** Completes the handshake of a socket and names its other side by its certificate. */
  static FrameChannel of(SSLSocket socket, Socket plain) throws IOException {
    socket.setTcpNoDelay(true);
    socket.startHandshake();
    byte[] certificate;
    try {
      certificate = socket.getSession().getPeerCertificates()[0].getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IOException("the other side's certificate has no encoding", e);
    }
    return new SocketFrameChannel(new TlsStream(socket, plain), "cert:" + sha256(certificate));
  }

  /** Names the other side by the credentials the kernel vouches for. */
  static FrameChannel of(SocketChannel accepted) throws IOException {
    UnixDomainPrincipal peer = accepted.getOption(ExtendedSocketOptions.SO_PEERCRED);
    return new SocketFrameChannel(new ChannelStream(accepted), "user:" + peer.user().getName());
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private record ChannelStream(SocketChannel channel) implements ByteStream {
    @Override
    public int read(ByteBuffer into) throws IOException {
      return channel.read(into);
    }

    @Override
    public void write(ByteBuffer from) throws IOException {
      while (from.hasRemaining()) {
        channel.write(from);
      }
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.debug("closing a socket: {}", e.toString());
      }
    }
  }

  private static final class TlsStream implements ByteStream {
    private static final int PIECE = 1 << 14;

    private final SSLSocket socket;
    private final Socket plain;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] reading = new byte[PIECE];
    private final byte[] writing = new byte[4 * PIECE];

    TlsStream(SSLSocket socket, Socket plain) throws IOException {
      this.socket = socket;
      this.plain = plain;
      this.in = socket.getInputStream();
      this.out = socket.getOutputStream();
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      int count = in.read(reading, 0, Math.min(PIECE, into.remaining()));
      if (count > 0) {
        into.put(reading, 0, count);
      }
      return count;
    }

    @Override
    public void write(ByteBuffer from) throws IOException {
      while (from.hasRemaining()) {
        int count = Math.min(writing.length, from.remaining());
        from.get(writing, 0, count);
        out.write(writing, 0, count);
      }
      out.flush();
    }

    @Override
    public void close() {
      try {
        // the socket below first: closing TLS in order may block behind a write that does
        plain.close();
        socket.close();
      } catch (IOException e) {
        LOG.debug("closing a socket: {}", e.toString());
      }
    }
  }
}
