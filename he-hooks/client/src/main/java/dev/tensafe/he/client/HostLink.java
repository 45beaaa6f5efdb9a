package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one adapter host: keeps a session, and after its end begins another with a new key.
 *
 * <pre>
 *          ┌─────────────── RetryPause ───────────────┐
 *          ▼                                          │
 * connecting ──▶ shaking hands ──▶ in session ──▶ broken
 *      └───────────────┴────────────────────────────▲        close() ends it from any state
 * </pre>
 *
 * <p>The link's own thread goes through these states; nobody else sets {@code session}. The
 * engine's thread calls {@link #find} and {@link #distrust}, which never wait for the network. Any
 * other thread may call the rest. Asking the adapter host to open or forget an adapter happens
 * under {@code changed}, so that a session that begins and an adapter that is added meet: whoever
 * holds it may wait for the host to read, which {@link #watch} ends without it.
 */
final class HostLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostLink.class);

  private final String name;
  private final Connector connector;
  private final LinkConfig config;
  private final Supplier<CkksContext> context;
  private final PadMaker padMaker;
  private final DistrustedAdapters distrusted = new DistrustedAdapters();
  private final Thread thread;

  /** Lock, and condition that is signalled when a session, an adapter or {@code closed} changes. */
  private final Object changed = new Object();

  /** Adapters to be opened in every session. */
  @GuardedBy("changed")
  private final List<PublicPart> adapters = new ArrayList<>();

  private volatile @Nullable ClientSession session;
  private volatile @Nullable Handshake handshake;
  private volatile String problem = "not connected yet";
  private volatile boolean closed;

  /** Whether a first attempt to connect is over, well or not. */
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
    RetryPause retry = new RetryPause(config);
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
      long pause = retry.afterAttempt(System.nanoTime() - began);
      LOG.warn("{}; trying again in {} ms", problem, pause);
      pauseFor(pause);
    }
  }

  private void converse() throws IOException {
    try (ClientSession current = begin()) {
      synchronized (changed) {
        session = current;
        tried = true;
        for (PublicPart adapter : adapters) {
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

  private ClientSession begin() throws IOException {
    FrameChannel channel = connector.connect();
    handshake = new Handshake(channel, System.nanoTime());
    try {
      return ClientSession.begin(channel, config, context.get(), padMaker, this::notifyChange);
    } finally {
      handshake = null;
    }
  }

  private void notifyChange() {
    synchronized (changed) {
      changed.notifyAll();
    }
  }

  private void openIfHere(ClientSession current, PublicPart adapter) throws IOException {
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
  void add(PublicPart adapter) {
    synchronized (changed) {
      adapters.add(adapter);
      ClientSession current = session;
      if (current != null) {
        try {
          openIfHere(current, adapter);
        } catch (IOException e) {
          current.drop(new HeException(Reason.CONNECTION, "the connection failed", e));
        }
      }
    }
  }

  void remove(PublicPart adapter) {
    synchronized (changed) {
      adapters.remove(adapter);
      ClientSession current = session;
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
  @Nullable ClientOpenAdapter find(PublicPart adapter) {
    ClientSession current = session;
    return current == null ? null : current.find(adapter.digest());
  }

  /** Never uses an adapter over this link again: the host did not compute what its owner signed. */
  void distrust(PublicPart adapter) {
    distrusted.add(adapter);
  }

  /** The reason why an adapter takes no requests over this link, or empty if it does. */
  Optional<String> problem(String digest, Set<KeyId> hosts) {
    if (distrusted.contains(digest)) {
      return Optional.of("the adapter host gave a wrong answer to a probe; it is not asked again");
    }
    ClientSession current = session;
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
  void await(PublicPart adapter, long millis) {
    synchronized (changed) {
      waitWhile(millis, () -> isOpening(adapter));
    }
  }

  private boolean isOpening(PublicPart adapter) {
    ClientSession current = session;
    if (current == null) {
      // one that is just being started
      return !tried;
    }
    return adapter.hosts().contains(current.hostKey())
        && current.find(adapter.digest()) == null
        && current.problem(adapter.digest()).isEmpty();
  }

  /** Waits for a change that ends a condition. */
  @GuardedBy("changed")
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
    ClientSession current = session;
    if (current != null) {
      current.checkSending();
    }
  }

  /** Keeps the session alive, or ends one that is to end; may block for a time. */
  void tend() {
    ClientSession current = session;
    if (current != null) {
      current.endIfDrained();
      current.ping(TimeUnit.MILLISECONDS.toNanos(config.pingMillis()));
    }
  }

  /** Positions of pads that are ready. */
  int padsReady() {
    ClientSession current = session;
    return current == null ? 0 : current.padsReady();
  }

  /** Asks again for adapters that the host did not have; called every few seconds. */
  void retryRefused() {
    ClientSession current = session;
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
    ClientSession current = session;
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
    synchronized (changed) {
      adapters.clear();
    }
  }
}
