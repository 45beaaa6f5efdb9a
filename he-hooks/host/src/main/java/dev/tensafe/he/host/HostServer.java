package dev.tensafe.he.host;

import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Listener;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections for an adapter host: a thread for each, and one that ends those that take too
 * long to say who they are, or fall silent. Thread-safe.
 */
public final class HostServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostServer.class);
  private static final long TICK_MILLIS = 200;

  private final AdapterHost host;
  private final Listener listener;
  private final long handshakeNanos;
  private final long idleNanos;
  private final Map<Listener.Pending, Long> pending = new ConcurrentHashMap<>();
  private final Set<HostSession> sessions = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watchdog;
  private volatile boolean closed;

  private HostServer(AdapterHost host, Listener listener, long handshakeMillis, long idleMillis) {
    this.host = host;
    this.listener = listener;
    this.handshakeNanos = TimeUnit.MILLISECONDS.toNanos(handshakeMillis);
    this.idleNanos = TimeUnit.MILLISECONDS.toNanos(idleMillis);
    this.watchdog = Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "he-watchdog"));
  }

  /**
   * Begins to accept.
   *
   * @param listener closed with this server
   * @param handshakeMillis a connection may take until its session stands
   * @param idleMillis without a frame in either direction after which a session ends
   */
  public static HostServer start(
      AdapterHost host, Listener listener, long handshakeMillis, long idleMillis) {
    HostServer server = new HostServer(host, listener, handshakeMillis, idleMillis);
    daemon(server::accept, "he-accept").start();
    var unusedTask =
        server.watchdog.scheduleWithFixedDelay(
            server::endLateOnes, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    return server;
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** The address that it listens on. */
  public Address address() {
    return listener.address();
  }

  private void accept() {
    while (!closed) {
      try {
        Listener.Pending connection = listener.accept();
        if (pending.size() + sessions.size() >= 2 * host.limits.maxSessions()) {
          LOG.warn("a connection is dropped: there are too many");
          connection.abort();
          continue;
        }
        pending.put(connection, System.nanoTime());
        daemon(() -> serve(connection), "he-session").start();
      } catch (IOException e) {
        if (!closed) {
          LOG.warn("accepting failed: {}", e.toString());
        }
      }
    }
  }

  private void serve(Listener.Pending connection) {
    HostSession session;
    try {
      FrameChannel channel = connection.complete();
      session = new HostSession(host, channel);
      sessions.add(session);
    } catch (IOException e) {
      String why = e.getMessage();
      LOG.warn("a connection is refused: {}", why == null ? e.toString() : why);
      host.stats.broken();
      connection.abort();
      return;
    } finally {
      pending.remove(connection);
    }
    try {
      session.run();
    } finally {
      sessions.remove(session);
    }
  }

  private void endLateOnes() {
    long now = System.nanoTime();
    pending.forEach(
        (connection, since) -> {
          if (now - since > handshakeNanos) {
            connection.abort();
          }
        });
    for (HostSession session : sessions) {
      if (now - session.lastActivity() > (session.isReady() ? idleNanos : handshakeNanos)) {
        LOG.info("a silent session is ended");
        session.abort();
      }
    }
  }

  /** Stops accepting and tells sessions to end. */
  public void drain() {
    closed = true;
    listener.close();
    host.drain();
  }

  /** Ends everything at once. */
  @Override
  public void close() {
    closed = true;
    listener.close();
    sessions.forEach(HostSession::abort);
    pending.keySet().forEach(Listener.Pending::abort);
    watchdog.shutdownNow();
  }
}
