package dev.tensafe.he.host;

import dev.tensafe.he.wire.Refusal;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The party that holds sealed weights: adapters by digest, and the sessions that evaluate with
 * them. It sees ciphertexts, sizes and times; never a prompt, an activation or a secret key.
 * Thread-safe.
 */
public final class AdapterHost implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterHost.class);

  final Evaluation evaluation = new Evaluation();
  final HostStats stats = new HostStats();
  final PoolFiller pools = new PoolFiller();
  final HostLimits limits;
  final TokenMeter meter;
  private final RecipientKey key;
  private final Map<String, HostedAdapter> adapters = new ConcurrentHashMap<>();
  private final Map<String, Integer> users = new HashMap<>();
  private final Set<String> withdrawn = ConcurrentHashMap.newKeySet();
  private final Set<HostSession> sessions = ConcurrentHashMap.newKeySet();
  private volatile boolean draining;

  /**
   * @param key opens sealed parts; not closed here
   * @param meter closed with this host
   */
  public AdapterHost(RecipientKey key, TokenMeter meter, HostLimits limits) {
    this.key = key;
    this.meter = meter;
    this.limits = limits;
  }

  /** By which model hosts choose this host for an adapter. */
  public KeyId keyId() {
    return key.publicKey().id();
  }

  /**
   * Opens the sealed part of a package and serves it, until {@link #release} was called as often.
   *
   * @throws dev.tensafe.tssp.TsspException {@code tssp.not_a_recipient} and the other codes of
   *     opening a part
   */
  public HostedAdapter add(VerifiedPackage verified) {
    synchronized (users) {
      HostedAdapter known = adapters.get(verified.digest());
      if (known != null) {
        users.merge(known.digest(), 1, Integer::sum);
        return known;
      }
    }
    HostedAdapter adapter = SealedReader.read(verified, key);
    synchronized (users) {
      HostedAdapter meanwhile = adapters.putIfAbsent(adapter.digest(), adapter);
      users.merge(adapter.digest(), 1, Integer::sum);
      withdrawn.remove(adapter.digest());
      if (meanwhile != null) {
        adapter.close();
        return meanwhile;
      }
    }
    LOG.info(
        "adapter '{}' version {} is served: {}",
        verified.manifest().name(),
        verified.manifest().version(),
        adapter.digest());
    return adapter;
  }

  /** Undoes one {@link #add}; with the last the adapter is withdrawn. */
  public void release(String digest) {
    synchronized (users) {
      if (users.merge(digest, -1, Integer::sum) <= 0) {
        withdraw(digest);
      }
    }
  }

  /** Ends the use of an adapter at once; its weights are wiped when the last evaluation ends. */
  public void withdraw(String digest) {
    HostedAdapter adapter;
    synchronized (users) {
      adapter = adapters.remove(digest);
      users.remove(digest);
    }
    if (adapter != null) {
      withdrawn.add(digest);
      adapter.close();
      LOG.info("adapter '{}' is withdrawn: {}", adapter.manifest().name(), digest);
    }
  }

  @Nullable HostedAdapter find(String digest) {
    return adapters.get(digest);
  }

  /** Why there is no such adapter. */
  Refusal whyNot(String digest) {
    return withdrawn.contains(digest) ? Refusal.WITHDRAWN : Refusal.UNKNOWN_ADAPTER;
  }

  public Collection<HostedAdapter> adapters() {
    return List.copyOf(adapters.values());
  }

  public HostStats stats() {
    return stats;
  }

  /** The tokens that each client used. */
  public List<TokenMeter.Usage> usage() {
    return meter.usage();
  }

  public int poolLevel() {
    return pools.level();
  }

  public int poolCapacity() {
    return pools.capacity();
  }

  /** Sessions that stand now. */
  public int openSessions() {
    return sessions.size();
  }

  /** Whether it is draining. */
  public boolean isDraining() {
    return draining;
  }

  /** Enters a session, unless there are too many. */
  boolean enter(HostSession session) {
    synchronized (sessions) {
      return !draining && sessions.size() < limits.maxSessions() && sessions.add(session);
    }
  }

  void leave(HostSession session) {
    synchronized (sessions) {
      sessions.remove(session);
      sessions.notifyAll();
    }
  }

  /**
   * Waits until no session is left.
   *
   * @return false when the time was over first
   */
  public boolean awaitEnd(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    synchronized (sessions) {
      long left = millis;
      while (!sessions.isEmpty() && left > 0) {
        try {
          sessions.wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
        left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      }
      return sessions.isEmpty();
    }
  }

  /** Tells every session to end; new ones are refused. */
  public void drain() {
    List<HostSession> all;
    synchronized (sessions) {
      draining = true;
      all = new ArrayList<>(sessions);
    }
    all.forEach(HostSession::drain);
  }

  /** Ends all sessions, wipes all weights, records what was used. */
  @Override
  public void close() {
    draining = true;
    try {
      new ArrayList<>(sessions).forEach(HostSession::abort);
      pools.close();
      adapters.keySet().forEach(this::withdraw);
    } finally {
      meter.close();
    }
  }
}
