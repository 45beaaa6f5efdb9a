package dev.tensafe.he.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The sessions an adapter host has now. Once it drains, none is added. Thread-safe; a session's
 * frames are sent outside the lock.
 */
final class HostSessions {
  private final int most;

  /** Lock, and condition that is signalled when a session leaves. */
  private final Object changed = new Object();

  @GuardedBy("changed")
  private final Set<HostSession> sessions = new HashSet<>();

  @GuardedBy("changed")
  private boolean draining;

  /**
   * @param most sessions at a time
   */
  HostSessions(int most) {
    this.most = most;
  }

  /** Enters a session; false if there are too many, or the host drains. */
  boolean enter(HostSession session) {
    synchronized (changed) {
      return !draining && sessions.size() < most && sessions.add(session);
    }
  }

  void leave(HostSession session) {
    synchronized (changed) {
      sessions.remove(session);
      changed.notifyAll();
    }
  }

  int count() {
    synchronized (changed) {
      return sessions.size();
    }
  }

  boolean isDraining() {
    synchronized (changed) {
      return draining;
    }
  }

  /** Asks every session to end; new ones are refused. */
  void drain() {
    refuseNew().forEach(HostSession::drain);
  }

  /** Ends every session at once; new ones are refused. */
  void abort() {
    refuseNew().forEach(HostSession::abort);
  }

  /** Ends every session of an account at once. */
  void abort(String account) {
    List<HostSession> all;
    synchronized (changed) {
      all = new ArrayList<>(sessions);
    }
    for (HostSession session : all) {
      if (session.account().equals(account)) {
        session.abort();
      }
    }
  }

  private List<HostSession> refuseNew() {
    synchronized (changed) {
      draining = true;
      return new ArrayList<>(sessions);
    }
  }

  /**
   * Waits until no session is left.
   *
   * @return false when the time was over first
   */
  boolean awaitNone(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    synchronized (changed) {
      long left = millis;
      while (!sessions.isEmpty() && left > 0) {
        try {
          changed.wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
        left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      }
      return sessions.isEmpty();
    }
  }
}
