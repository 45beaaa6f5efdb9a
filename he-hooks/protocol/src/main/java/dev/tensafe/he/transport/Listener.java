package dev.tensafe.he.transport;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The socket on which an adapter host waits for model hosts. One thread accepts; any thread may
 * close it.
 */
public abstract class Listener implements AutoCloseable {
  /** A connection whose other side has not proved anything yet. */
  public interface Pending {
    /**
     * Completes the handshake; blocks.
     *
     * @throws IOException when the other side fails to prove who it is
     */
    FrameChannel complete() throws IOException;

    /** Ends it; any thread may. */
    void abort();
  }

  Listener() {}

  /** The address with the port that was picked, if it was 0. */
  public abstract Address address();

  /** Waits for the next connection. */
  public abstract Pending accept() throws IOException;

  @Override
  public abstract void close();

  /**
   * Begins to listen.
   *
   * @param identity needed for {@code tls:}
   * @throws HeException {@code he.address} when the address cannot be had
   */
  public static Listener open(Address address, @Nullable TlsIdentity identity) {
    try {
      if (address instanceof Address.Unix unix) {
        return new UnixListener(unix.path());
      }
      if (identity == null) {
        throw new HeException(
            Reason.TLS, address + " needs a certificate, its key, and the clients' authority");
      }
      return new TlsListener((Address.Tls) address, identity);
    } catch (IOException e) {
      throw new HeException(
          Reason.ADDRESS, "cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }

  private static final class UnixListener extends Listener {
    private final Path path;
    private final ServerSocketChannel server;

    UnixListener(Path path) throws IOException {
      this.path = path;
      if (Files.exists(path)) {
        removeStale(path);
      }
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(path));
    }

    /** A socket file that nobody listens on is left from a process that was killed. */
    private static void removeStale(Path path) throws IOException {
      try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        probe.connect(UnixDomainSocketAddress.of(path));
      } catch (IOException e) {
        if (Files.isRegularFile(path) || Files.isDirectory(path)) {
          throw new IOException(path + " is no socket", e);
        }
        Files.deleteIfExists(path);
        return;
      }
      throw new HeException(Reason.ADDRESS, "somebody listens on unix:" + path + " already");
    }

    @Override
    public Address address() {
      return new Address.Unix(path);
    }

    @Override
    public Pending accept() throws IOException {
      SocketChannel accepted = server.accept();
      return new Pending() {
        @Override
        public FrameChannel complete() throws IOException {
          return Sockets.of(accepted);
        }

        @Override
        public void abort() {
          closeQuietly(accepted);
        }
      };
    }

    @Override
    public void close() {
      closeQuietly(server);
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        // the next one to listen removes it
      }
    }
  }

  private static final class TlsListener extends Listener {
    private final TlsIdentity identity;
    private final ServerSocket server;
    private final String host;

    TlsListener(Address.Tls address, TlsIdentity identity) throws IOException {
      this.identity = identity;
      this.host = address.host();
      this.server = new ServerSocket();
      server.setReuseAddress(true);
      try {
        server.bind(new InetSocketAddress(InetAddress.getByName(host), address.port()));
      } catch (IOException e) {
        server.close();
        throw e;
      }
    }

    @Override
    public Address address() {
      return new Address.Tls(host, server.getLocalPort());
    }

    @Override
    public Pending accept() throws IOException {
      Socket plain = server.accept();
      return new Pending() {
        @Override
        public FrameChannel complete() throws IOException {
          SSLSocket socket =
              (SSLSocket)
                  identity
                      .context()
                      .getSocketFactory()
                      .createSocket(
                          plain, plain.getInetAddress().getHostAddress(), plain.getPort(), true);
          socket.setUseClientMode(false);
          SSLParameters parameters = socket.getSSLParameters();
          parameters.setProtocols(new String[] {"TLSv1.3"});
          parameters.setNeedClientAuth(true);
          socket.setSSLParameters(parameters);
          return Sockets.of(socket, plain, identity.side());
        }

        @Override
        public void abort() {
          closeQuietly(plain);
        }
      };
    }

    @Override
    public void close() {
      closeQuietly(server);
    }
  }

  private static void closeQuietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // nothing is lost with it
    }
  }
}
