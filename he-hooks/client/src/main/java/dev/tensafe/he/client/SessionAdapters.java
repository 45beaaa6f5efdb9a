package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The adapters of one session. An adapter has a number in the session, and another one each time it
 * is asked for:
 *
 * <pre>
 * asked ──▶ open ──▶ refused ── takeRefused() ──▶ asked
 *   └──────────────────▲         forget() leads out of every state
 * </pre>
 *
 * <p>Thread-safe: the session's tasks open and refuse, the engine's thread finds, others ask and
 * forget.
 */
final class SessionAdapters implements AutoCloseable {
  @GuardedBy("this")
  private final Map<Integer, PublicPart> asked = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, Integer> refs = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, ClientOpenAdapter> open = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, String> problems = new HashMap<>();

  /** Refused for as long as the session lasts. */
  @GuardedBy("this")
  private final Set<String> settled = new HashSet<>();

  @GuardedBy("this")
  private final Set<String> told = new HashSet<>();

  @GuardedBy("this")
  private int nextRef = 1;

  @GuardedBy("this")
  private boolean closed;

  /** The number an adapter is to be asked for by; empty if it was asked for already. */
  synchronized OptionalInt ask(PublicPart adapter) {
    if (refs.containsKey(adapter.digest())) {
      return OptionalInt.empty();
    }
    int ref = nextRef++;
    refs.put(adapter.digest(), ref);
    asked.put(ref, adapter);
    return OptionalInt.of(ref);
  }

  /** Forgets an adapter; the number it had, if it was asked for. */
  synchronized OptionalInt forget(String digest) {
    Integer ref = refs.remove(digest);
    end(digest);
    problems.remove(digest);
    settled.remove(digest);
    if (ref == null) {
      return OptionalInt.empty();
    }
    asked.remove(ref);
    return OptionalInt.of(ref);
  }

  synchronized @Nullable PublicPart asked(int ref) {
    return asked.get(ref);
  }

  synchronized @Nullable ClientOpenAdapter find(String digest) {
    return open.get(digest);
  }

  synchronized Optional<String> problem(String digest) {
    return Optional.ofNullable(problems.get(digest));
  }

  /** An adapter takes requests; one that was forgotten meanwhile is closed. */
  synchronized void opened(String digest, ClientOpenAdapter adapter) {
    Integer ref = refs.get(digest);
    if (closed || ref == null || ref != adapter.ref()) {
      adapter.close();
      return;
    }
    problems.remove(digest);
    told.remove(digest);
    open.put(digest, adapter);
  }

  /**
   * Ends the use of an adapter.
   *
   * @param forSession whether there is no use in asking again
   * @return whether this is news
   */
  synchronized boolean refused(String digest, String problem, boolean forSession) {
    problems.put(digest, problem);
    if (forSession) {
      settled.add(digest);
    }
    end(digest);
    return told.add(digest);
  }

  @GuardedBy("this")
  private void end(String digest) {
    ClientOpenAdapter adapter = open.remove(digest);
    if (adapter != null) {
      adapter.close();
    }
  }

  /** Adapters that were refused, to be asked for again under new numbers; they stay refused. */
  synchronized List<PublicPart> takeRefused() {
    List<PublicPart> again = new ArrayList<>();
    for (String digest : problems.keySet()) {
      Integer ref = settled.contains(digest) ? null : refs.remove(digest);
      PublicPart adapter = ref == null ? null : asked.remove(ref);
      if (adapter != null) {
        again.add(adapter);
      }
    }
    return again;
  }

  /** Those that take requests. */
  synchronized List<ClientOpenAdapter> open() {
    return open.isEmpty() ? List.of() : List.copyOf(open.values());
  }

  /** Wipes what was made ahead. */
  @Override
  public synchronized void close() {
    closed = true;
    open.values().forEach(ClientOpenAdapter::close);
    open.clear();
  }
}
