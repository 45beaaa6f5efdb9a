package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.tssp.keys.KeyId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The links to all adapter hosts and the clock that tends them. An adapter is computed over the
 * first link that has it open. Thread-safe; {@link #route}, which the engine's thread takes, never
 * waits for the network.
 */
final class HostLinks implements AutoCloseable {
  private static final long TICK_MILLIS = 100;
  private static final long RETRY_REFUSED_MILLIS = 2_000;

  private final List<HostLink> links;
  private final ScheduledExecutorService ticker;

  @GuardedBy("this")
  private boolean begun;

  /**
   * @param links not started; closed with this
   */
  HostLinks(List<HostLink> links) {
    this.links = List.copyOf(links);
    this.ticker =
        // two may be held up by a host that does not read, the third ends that
        Executors.newScheduledThreadPool(
            3,
            task -> {
              Thread thread = new Thread(task, "he-ticker");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Starts the links, the first time. */
  synchronized void begin() {
    if (begun) {
      return;
    }
    begun = true;
    links.forEach(HostLink::start);
    every(TICK_MILLIS, HostLink::watch);
    every(TICK_MILLIS, HostLink::tend);
    every(RETRY_REFUSED_MILLIS, HostLink::retryRefused);
  }

  private void every(long millis, Consumer<HostLink> action) {
    var unusedTask =
        ticker.scheduleWithFixedDelay(
            () -> links.forEach(action), millis, millis, TimeUnit.MILLISECONDS);
  }

  /** Begins to have an adapter open at every host whose key opens its sealed part. */
  void add(PublicPart adapter) {
    links.forEach(link -> link.add(adapter));
  }

  void remove(PublicPart adapter) {
    links.forEach(link -> link.remove(adapter));
  }

  /** Waits until every host has opened or refused an adapter, or has had the time to. */
  void await(PublicPart adapter, long millis) {
    links.forEach(link -> link.await(adapter, millis));
  }

  /** The way to an adapter in a session that has it open, or null. */
  @Nullable AdapterRoute route(PublicPart adapter) {
    for (HostLink link : links) {
      ClientOpenAdapter open = link.find(adapter.digest());
      if (open != null) {
        return new AdapterRoute(link, open);
      }
    }
    return null;
  }

  /**
   * The reason why an adapter takes no requests, or empty if it does.
   *
   * @param hosts recipient keys that open its sealed part
   */
  Optional<String> problem(String digest, Set<KeyId> hosts) {
    Optional<String> problem = Optional.of("there is no adapter host");
    for (HostLink link : links) {
      problem = link.problem(digest, hosts);
      if (problem.isEmpty()) {
        return problem;
      }
    }
    return problem;
  }

  /** A sequence needs its lanes no more. */
  void ended(long sequence) {
    for (HostLink link : links) {
      link.ended(sequence);
    }
  }

  /** The way in which the answers of an adapter are checked that takes requests. */
  Optional<Verification> verification(String digest) {
    for (HostLink link : links) {
      ClientOpenAdapter open = link.find(digest);
      if (open != null) {
        return Optional.of(open.verification());
      }
    }
    return Optional.empty();
  }

  /** What can be said of each of them now. */
  List<HostStatus> status() {
    return links.stream().map(HostLink::status).toList();
  }

  /** The number of adapter hosts with a session. */
  int connected() {
    return (int) links.stream().filter(HostLink::isConnected).count();
  }

  /** Positions of pads that are ready, over all adapters and groups. */
  int padsReady() {
    return links.stream().mapToInt(HostLink::padsReady).sum();
  }

  @Override
  public void close() {
    ticker.shutdownNow();
    links.forEach(HostLink::close);
  }
}
