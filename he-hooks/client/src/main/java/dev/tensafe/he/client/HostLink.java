package dev.tensafe.he.client;

import dev.tensafe.formats.CodedException;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The link to one adapter host. It keeps a session and begins another after its end, with growing
 * pauses between attempts. A new session has a new key. One thread connects and receives; the rest
 * is thread-safe.
 */
final class HostLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostLink.class);

  private final String name;
  private final Connector connector;
  private final LinkConfig config;
  private final Supplier<CkksContext> context;
  private final PadMaker padMaker;
  private final List<EncryptedAdapter> adapters = new CopyOnWriteArrayList<>();
  private final Set<String> distrusted = ConcurrentHashMap.newKeySet();
  private final Object changed = new Object();
  private final Thread thread;
  private volatile @Nullable Session session;
  private volatile @Nullable Handshake handshake;
  private volatile String problem = "not connected yet";
  private volatile boolean closed;

  /** Whether a first attempt to connect has ended. */
  private volatile boolean tried;

  private record Handshake(FrameChannel channel, long since) {}

  /** Makes connections. */
  interface Connector {
    FrameChannel connect() throws IOException;
  }

  /**
   * @param name for the log
   */
  HostLink(
      String name,
      Connector connector,
      LinkConfig config,
      Supplier<CkksContext> context,
      PadMaker padMaker) {
    this.padMaker = padMaker;
    this.name = name;
    this.connector = connector;
    this.config = config;
    this.context = context;
    this.thread = new Thread(this::run, "he-link");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void run() {
    long pause = config.retryMillis();
    while (!closed) {
      long began = System.nanoTime();
      try {
        converse();
      } catch (IOException e) {
        problem = "no connection to the adapter host at " + name + ": " + e.getMessage();
      } catch (CodedException e) {
        problem = "the adapter host at " + name + ": " + e.description();
      } catch (RuntimeException e) {
        problem = "the adapter host at " + name + " failed";
        LOG.error("the link to {} failed", name, e);
      }
      tried = true;
      notifyChange();
      if (closed) {
        return;
      }
      LOG.warn("{}; trying again in {} ms", problem, pause);
      boolean lasted =
          System.nanoTime() - began > TimeUnit.MILLISECONDS.toNanos(config.maxRetryMillis());
      pause = lasted ? config.retryMillis() : pause;
      pauseFor(pause);
      pause = Math.min(2 * pause, config.maxRetryMillis());
    }
  }

  private void converse() throws IOException {
    try (Session current = begin()) {
      synchronized (changed) {
        session = current;
        tried = true;
        for (EncryptedAdapter adapter : adapters) {
          openIfHere(current, adapter);
        }
        changed.notifyAll();
      }
      LOG.info("session with the adapter host at {}", name);
      try {
        current.receive();
      } catch (IOException | RuntimeException e) {
        // what this side found wrong says more than that the connection is closed
        if (current.reason().isPresent()) {
          throw current.reason().get();
        }
        throw e;
      }
    } finally {
      session = null;
    }
  }

  private Session begin() throws IOException {
    FrameChannel channel = connector.connect();
    handshake = new Handshake(channel, System.nanoTime());
    try {
      return Session.begin(channel, config, context.get(), padMaker, this::notifyChange);
    } finally {
      handshake = null;
    }
  }

  private void notifyChange() {
    synchronized (changed) {
      changed.notifyAll();
    }
  }

  private void openIfHere(Session current, EncryptedAdapter adapter) throws IOException {
    if (adapter.hosts().contains(current.hostKey()) && !distrusted.contains(adapter.digest())) {
      current.open(adapter);
    }
  }

  private void pauseFor(long millis) {
    synchronized (changed) {
      waitWhile(millis, () -> true);
    }
  }

  /** Begins to have an adapter open whenever there is a session. */
  void add(EncryptedAdapter adapter) {
    synchronized (changed) {
      adapters.add(adapter);
      Session current = session;
      if (current != null) {
        try {
          openIfHere(current, adapter);
        } catch (IOException e) {
          current.drop(new HeException(Reason.CONNECTION, "the connection failed", e));
        }
      }
    }
  }

  void remove(EncryptedAdapter adapter) {
    synchronized (changed) {
      adapters.remove(adapter);
      Session current = session;
      if (current != null
          && adapters.stream().noneMatch(a -> a.digest().equals(adapter.digest()))) {
        try {
          current.forget(adapter.digest());
        } catch (IOException e) {
          current.drop(new HeException(Reason.CONNECTION, "the connection failed", e));
        }
      }
    }
  }

  /** The adapter in the session there is now, or null. */
  @Nullable OpenAdapter find(EncryptedAdapter adapter) {
    Session current = session;
    return current == null ? null : current.find(adapter.digest());
  }

  /** Never uses an adapter over this link again: the host did not compute what its owner signed. */
  void distrust(EncryptedAdapter adapter) {
    distrusted.add(adapter.digest());
  }

  /** Why an adapter takes no requests over this link, or empty if it does. */
  Optional<String> problem(String digest, Set<KeyId> hosts) {
    if (distrusted.contains(digest)) {
      return Optional.of("the adapter host gave a wrong answer to a probe; it is not asked again");
    }
    Session current = session;
    if (current == null) {
      return Optional.of(problem);
    }
    if (!hosts.contains(current.hostKey())) {
      return Optional.of("the adapter host at " + name + " has another key");
    }
    if (current.isDraining()) {
      return Optional.of("the adapter host is stopping");
    }
    return current.problem(digest);
  }

  /** Waits until an adapter is open, refused, or the time is over. */
  void await(EncryptedAdapter adapter, long millis) {
    synchronized (changed) {
      waitWhile(millis, () -> isOpening(adapter));
    }
  }

  private boolean isOpening(EncryptedAdapter adapter) {
    Session current = session;
    if (current == null) {
      // one that is just being started
      return !tried;
    }
    return adapter.hosts().contains(current.hostKey())
        && current.find(adapter.digest()) == null
        && current.problem(adapter.digest()).isEmpty();
  }

  /** Waits for a change that ends a condition, with the lock of {@code changed}. */
  private void waitWhile(long millis, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (!closed && left > 0 && condition.getAsBoolean()) {
      try {
        changed.wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    }
  }

  /** Ends what takes too long; called every fraction of a second, never blocks. */
  void watch() {
    Handshake slow = handshake;
    if (slow != null
        && System.nanoTime() - slow.since()
            > TimeUnit.MILLISECONDS.toNanos(config.connectMillis())) {
      slow.channel().close();
    }
    Session current = session;
    if (current != null) {
      current.checkSending();
    }
  }

  /** Keeps the session alive, or ends one that is to end; may block for a time. */
  void tend() {
    Session current = session;
    if (current != null) {
      current.endIfDrained();
      current.ping(TimeUnit.MILLISECONDS.toNanos(config.pingMillis()));
    }
  }

  /** Positions of pads that are ready. */
  int padsReady() {
    Session current = session;
    return current == null ? 0 : current.padsReady();
  }

  /** Asks again for adapters that the host did not have; called every few seconds. */
  void retryRefused() {
    Session current = session;
    if (current != null) {
      try {
        current.retryRefused();
      } catch (IOException e) {
        current.drop(new HeException(Reason.CONNECTION, "the connection failed", e));
      }
    }
  }

  boolean isConnected() {
    return session != null;
  }

  @Override
  public void close() {
    closed = true;
    Session current = session;
    if (current != null) {
      current.bye();
    }
    notifyChange();
    thread.interrupt();
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (EncryptedAdapter adapter : new ArrayList<>(adapters)) {
      adapters.remove(adapter);
    }
  }
}
