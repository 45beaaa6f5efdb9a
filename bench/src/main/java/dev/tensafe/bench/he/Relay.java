package dev.tensafe.bench.he;

import dev.tensafe.he.transport.Address;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Stands between a model host and its adapter host and passes their bytes on, later: half of the
 * round trip in each direction, in order, with unlimited bandwidth. Whoever makes one may look at
 * the bytes and change them.
 */
public final class Relay implements AutoCloseable {
  private static final int PIECE = 1 << 16;

  private final ServerSocketChannel server;
  private final Address listen;
  private final Address to;
  private final long oneWayNanos;
  private final Filter filter;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** Sees the bytes on their way. */
  public interface Filter {
    /**
     * May change a piece in place, or block.
     *
     * @param up whether it goes to the adapter host
     */
    void pass(boolean up, ByteBuffer piece);
  }

  private record Piece(long due, ByteBuffer bytes) {}

  private Relay(
      ServerSocketChannel server, Address listen, Address to, long oneWayNanos, Filter filter) {
    this.server = server;
    this.listen = listen;
    this.to = to;
    this.oneWayNanos = oneWayNanos;
    this.filter = filter;
  }

  /** Begins to listen. */
  public static Relay start(Address listen, Address to, double roundTripMillis, Filter filter)
      throws IOException {
    ServerSocketChannel server;
    if (listen instanceof Address.Unix unix) {
      Files.deleteIfExists(unix.path());
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    } else {
      server = ServerSocketChannel.open();
    }
    server.bind(socketAddress(listen));
    Relay relay = new Relay(server, listen, to, (long) (roundTripMillis * 5e5), filter);
    daemon(relay::accept, "relay").start();
    return relay;
  }

  private static SocketAddress socketAddress(Address address) {
    if (address instanceof Address.Unix unix) {
      return UnixDomainSocketAddress.of(unix.path());
    }
    Address.Tls tls = (Address.Tls) address;
    return new InetSocketAddress(tls.host(), tls.port());
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** The address that it listens on. */
  public Address address() {
    return listen;
  }

  private void accept() {
    while (!closed) {
      try {
        SocketChannel client = server.accept();
        open.add(client);
        SocketChannel host;
        try {
          host = SocketChannel.open(socketAddress(to));
        } catch (IOException e) {
          drop(client);
          continue;
        }
        open.add(host);
        if (to instanceof Address.Tls) {
          host.setOption(StandardSocketOptions.TCP_NODELAY, true);
          client.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        forward(client, host, true);
        forward(host, client, false);
      } catch (IOException e) {
        if (closed) {
          return;
        }
      }
    }
  }

  private void forward(SocketChannel from, SocketChannel into, boolean up) {
    LinkedBlockingQueue<Piece> queue = new LinkedBlockingQueue<>();
    daemon(() -> read(from, queue, up), "relay-read").start();
    daemon(() -> write(from, into, queue), "relay-write").start();
  }

  private void read(SocketChannel from, LinkedBlockingQueue<Piece> queue, boolean up) {
    try {
      while (true) {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
        if (from.read(piece) < 0) {
          break;
        }
        long due = System.nanoTime() + oneWayNanos;
        piece.flip();
        filter.pass(up, piece);
        queue.add(new Piece(due, piece));
      }
    } catch (IOException e) {
      // the end of it
    }
    queue.add(new Piece(System.nanoTime() + oneWayNanos, ByteBuffer.allocate(0)));
  }

  private void write(SocketChannel from, SocketChannel into, LinkedBlockingQueue<Piece> queue) {
    try {
      while (true) {
        Piece piece = queue.take();
        for (long left = piece.due() - System.nanoTime();
            left > 0;
            left = piece.due() - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        if (!piece.bytes().hasRemaining()) {
          break;
        }
        while (piece.bytes().hasRemaining()) {
          into.write(piece.bytes());
        }
      }
    } catch (IOException e) {
      // the end of it
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    drop(from);
    drop(into);
  }

  private void drop(SocketChannel socket) {
    open.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // it is gone
    }
  }

  /** Cuts every connection there is; new ones are accepted. */
  public void cut() {
    open.forEach(this::drop);
  }

  @Override
  public void close() {
    closed = true;
    try {
      server.close();
      if (listen instanceof Address.Unix unix) {
        Files.deleteIfExists(unix.path());
      }
    } catch (IOException e) {
      // nothing is lost with it
    }
    cut();
  }
}
