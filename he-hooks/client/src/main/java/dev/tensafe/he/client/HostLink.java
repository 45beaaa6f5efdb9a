package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.formats.CodedException;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one adapter host: keeps a session, and after its end begins another with new keys.
 *
 * <pre>
 *          ┌─────────────── RetryPause ───────────────┐
 *          ▼                                          │
 * connecting ──▶ shaking hands ──▶ in session ──▶ broken
 *      └───────────────┴────────────────────────────▲        close() ends it from any state
 * </pre>
 *
 * <p>The link's own thread goes through these states; nobody else sets {@code session}. The
 * engine's thread calls {@link #find}, which never waits for the network, and {@link #distrust}.
 * Any other thread may call the rest. Asking the adapter host to open or forget an adapter happens
 * under {@code changed}, so that a session that begins and an adapter that is added meet: whoever
 * holds it may wait for the host to read, which {@link #watch} ends without it.
 */
final class HostLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostLink.class);

  /** Between two looks whether a barred host is trusted again. */
  private static final long BARRED_MILLIS = 1_000;

  /** For tags and the first blocks of an adapter that is loaded. */
  private static final long PREPARE_MILLIS = 30_000;

  private final String name;
  private final Connector connector;
  private final LinkTools tools;
  private final LinkConfig config;
  private final LinkTrust trust;
  private final Thread thread;
  private final TaskThread tasks;
  private final Map<String, DeviationMean> deviations = new ConcurrentHashMap<>();

  /** Lock, and condition that is signalled when a session, an adapter or {@code closed} changes. */
  private final Object changed = new Object();

  /** Adapters to be opened in every session; changed under the lock, read by anybody. */
  private final List<PublicPart> adapters = new CopyOnWriteArrayList<>();

  private volatile @Nullable ClientSession session;
  private volatile @Nullable Handshake handshake;
  private volatile String problem = "not connected yet";
  private volatile boolean closed;
  private final AtomicLong sessions = new AtomicLong();
  private final AtomicLong checked = new AtomicLong();

  /** The last attempt asked for traces, and the host did not know what that is. Of one thread. */
  private boolean tracesUnknown;

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
  HostLink(String name, Connector connector, LinkTools tools) {
    this.name = name;
    this.connector = connector;
    this.tools = tools;
    this.config = tools.config();
    this.trust = new LinkTrust(name, tools);
    this.tasks = TaskThread.normal("he-session");
    this.thread = new Thread(this::run, "he-link");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void run() {
    RetryPause retry = new RetryPause(config);
    while (!closed) {
      if (trust.isBarred()) {
        awaitReenabling();
        continue;
      }
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
      if (closed || trust.isBarred()) {
        continue;
      }
      long pause = retry.afterAttempt(System.nanoTime() - began);
      LOG.warn("{}; trying again in {} ms", problem, pause);
      pauseFor(pause);
    }
  }

  /** Stays away from a host until its operator's trust is back. */
  private void awaitReenabling() {
    problem = "the adapter host at " + name + " is barred until the operator trusts it again";
    tried = true;
    LOG.error("{}; see the list of barred hosts", problem);
    notifyChange();
    while (!closed && trust.isBarred()) {
      pauseFor(BARRED_MILLIS);
      trust.refresh();
    }
  }

  private void converse() throws IOException {
    try (ClientSession current = begin()) {
      synchronized (changed) {
        session = current;
        sessions.incrementAndGet();
        tried = true;
        for (PublicPart adapter : adapters) {
          openIfHere(current, adapter);
        }
        changed.notifyAll();
      }
      LOG.info("session with the adapter host at {}", name);
      if (trust.isBarred()) {
        // while this session began
        current.bye();
      }
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
    // a host that knows of no traces calls the hello broken; the next one does not ask
    boolean traces = config.traces() && !tracesUnknown;
    tracesUnknown = false;
    try {
      return ClientSession.begin(channel, tools, tasks, traces, trust::admit, events());
    } catch (HeException e) {
      tracesUnknown = traces && e.reason() == Reason.PROTOCOL;
      throw e;
    } finally {
      handshake = null;
    }
  }

  private ClientSession.Events events() {
    return new ClientSession.Events() {
      @Override
      public void changed() {
        notifyChange();
      }

      @Override
      public void hostile(KeyId host, PublicPart adapter, BarredHosts.Reason reason) {
        distrust(host, adapter, reason);
      }
    };
  }

  private void notifyChange() {
    synchronized (changed) {
      changed.notifyAll();
    }
  }

  private void openIfHere(ClientSession current, PublicPart adapter) throws IOException {
    if (adapter.hosts().contains(current.hostKey())) {
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
        current.forget(adapter.digest());
      }
    }
  }

  /** The adapter in the session there is now, or null. */
  @Nullable ClientOpenAdapter find(String digest) {
    ClientSession current = session;
    return current == null ? null : current.find(digest);
  }

  /**
   * Bars the host from an adapter, on disk, and then ends the session as a server does that stops.
   *
   * @param host key of the host that was found out
   */
  void distrust(KeyId host, PublicPart adapter, BarredHosts.Reason reason) {
    trust.bar(host, adapter, reason);
    ClientSession current = session;
    if (current != null) {
      current.bye();
    }
  }

  /** The mean of an adapter's deviations; for the engine's thread. */
  DeviationMean deviations(PublicPart adapter) {
    return deviations.computeIfAbsent(adapter.digest(), digest -> new DeviationMean());
  }

  /** A sequence needs its lane no more. */
  void ended(long sequence) {
    ClientSession current = session;
    if (current != null) {
      current.ended(sequence);
    }
  }

  /** The reason why an adapter takes no requests over this link, or empty if it does. */
  Optional<String> problem(String digest, Set<KeyId> hosts) {
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
    Optional<String> refused = current.problem(digest);
    // one that is not loaded yet is asked for when it is
    boolean loaded = adapters.stream().anyMatch(adapter -> adapter.digest().equals(digest));
    return loaded && refused.isEmpty() && current.find(digest) == null
        ? Optional.of("the adapter host is preparing it")
        : refused;
  }

  /**
   * Waits until an adapter takes requests, is refused, or the time is over.
   *
   * @param millis until it is open at the host, which may then prepare it for longer
   */
  void await(PublicPart adapter, long millis) {
    synchronized (changed) {
      waitWhile(millis, () -> isOpening(adapter) && !isPreparing(adapter));
      waitWhile(PREPARE_MILLIS, () -> isPreparing(adapter));
    }
  }

  private boolean isPreparing(PublicPart adapter) {
    ClientSession current = session;
    return current != null && current.isPreparing(adapter.digest());
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

  /** Answers were compared with their tags, and passed. */
  void checked(int answers) {
    checked.addAndGet(answers);
  }

  /** What can be said of it now. */
  HostStatus status() {
    ClientSession current = session;
    if (current == null) {
      boolean barred = trust.isBarred();
      return new HostStatus(
          name,
          Optional.empty(),
          barred ? HostStatus.State.BARRED : HostStatus.State.CONNECTING,
          Optional.of(problem),
          OptionalLong.empty(),
          sessions.get(),
          0,
          0,
          0,
          OptionalLong.empty(),
          checked.get());
    }
    OptionalLong oldest = current.keys().oldestNanos();
    return new HostStatus(
        name,
        Optional.of(current.hostKey()),
        current.isDraining() ? HostStatus.State.DRAINING : HostStatus.State.CONNECTED,
        Optional.empty(),
        OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(current.ageNanos())),
        sessions.get(),
        current.openAdapters(),
        current.padsReady(),
        current.keys().spare(),
        oldest.isEmpty()
            ? oldest
            : OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(oldest.getAsLong())),
        checked.get());
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
    tasks.close();
    synchronized (changed) {
      adapters.clear();
    }
  }
}
