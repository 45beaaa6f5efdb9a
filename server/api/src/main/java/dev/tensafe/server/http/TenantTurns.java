package dev.tensafe.server.http;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.server.openai.ApiException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who may work now: a bounded number at a time, of each tenant a smaller one, tenants in rotation
 * and each one's in order. What waits is bounded per tenant, in bytes, so that no tenant's work
 * refuses another's. Thread-safe.
 */
final class TenantTurns {
  private final int most;
  private final int mostOfTenant;
  private final long mostWaitingBytes;

  /** Those with work, the one whose turn is next first. */
  @GuardedBy("this")
  private final Map<String, Tenant> tenants = new LinkedHashMap<>();

  @GuardedBy("this")
  private int working;

  /**
   * @param most that work at the same time
   * @param mostOfTenant of these, of one tenant
   * @param mostWaitingBytes of one tenant; a single one may wait whatever its size
   */
  TenantTurns(int most, int mostOfTenant, long mostWaitingBytes) {
    this.most = most;
    this.mostOfTenant = mostOfTenant;
    this.mostWaitingBytes = mostWaitingBytes;
  }

  private static final class Tenant {
    final Queue<Turn> waiting = new ArrayDeque<>();
    long waitingBytes;
    int working;
  }

  private enum State {
    WAITING,
    WORKING,
    OVER
  }

  /** A place in the queue, then a turn. */
  final class Turn {
    private final String tenant;
    private final long bytes;
    private final Consumer<Turn> start;
    private State state = State.WAITING;

    private Turn(String tenant, long bytes, Consumer<Turn> start) {
      this.tenant = tenant;
      this.bytes = bytes;
      this.start = start;
    }

    /** The work is done, or not wanted any more: the next may begin. Has an effect once. */
    void end() {
      leave(this);
      startAll();
    }
  }

  /**
   * Queues for a turn.
   *
   * @param start called once when the turn has come, on any thread, perhaps before this returns;
   *     must be short
   * @throws ApiException 429 {@code tenant_queue_full}
   */
  Turn take(String tenant, long bytes, Consumer<Turn> start) {
    Turn turn = new Turn(tenant, bytes, start);
    enter(turn);
    startAll();
    return turn;
  }

  private synchronized void enter(Turn turn) {
    Tenant tenant = tenants.get(turn.tenant);
    if (tenant == null) {
      tenant = new Tenant();
      tenants.put(turn.tenant, tenant);
    }
    if (!tenant.waiting.isEmpty() && tenant.waitingBytes + turn.bytes > mostWaitingBytes) {
      throw new ApiException(
          429,
          "rate_limit_error",
          "requests of "
              + tenant.waitingBytes
              + " bytes with this API key wait already; at most "
              + mostWaitingBytes
              + " may",
          null,
          "tenant_queue_full");
    }
    tenant.waiting.add(turn);
    tenant.waitingBytes += turn.bytes;
  }

  private void startAll() {
    for (Turn turn = next(); turn != null; turn = next()) {
      turn.start.accept(turn);
    }
  }

  private synchronized @Nullable Turn next() {
    if (working == most) {
      return null;
    }
    for (Iterator<Map.Entry<String, Tenant>> i = tenants.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<String, Tenant> entry = i.next();
      String name = entry.getKey();
      Tenant tenant = entry.getValue();
      Turn turn = tenant.working < mostOfTenant ? tenant.waiting.poll() : null;
      if (turn != null) {
        tenant.waitingBytes -= turn.bytes;
        tenant.working++;
        working++;
        turn.state = State.WORKING;
        i.remove();
        tenants.put(name, tenant);
        return turn;
      }
    }
    return null;
  }

  private synchronized void leave(Turn turn) {
    Tenant tenant = tenants.get(turn.tenant);
    if (tenant == null || turn.state == State.OVER) {
      return;
    }
    if (turn.state == State.WORKING) {
      working--;
      tenant.working--;
    } else {
      tenant.waiting.remove(turn);
      tenant.waitingBytes -= turn.bytes;
    }
    turn.state = State.OVER;
    if (tenant.working == 0 && tenant.waiting.isEmpty()) {
      tenants.remove(turn.tenant);
    }
  }
}
