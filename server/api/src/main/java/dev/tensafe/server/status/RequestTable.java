package dev.tensafe.server.status;

import dev.tensafe.batching.engine.Ticker;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** The requests that are being answered, in the order in which they came. Thread-safe. */
public final class RequestTable {
  private final Map<Long, TrackedRequest> open = new ConcurrentSkipListMap<>();
  private final AtomicLong last = new AtomicLong();
  private final TenantTable tenants;
  private final Ticker ticker;

  RequestTable(TenantTable tenants, Ticker ticker) {
    this.tenants = tenants;
    this.ticker = ticker;
  }

  /**
   * A request has been let in.
   *
   * @param id as in {@code X-Request-Id}
   * @param route its path
   * @param tenant empty without API keys
   * @return to be closed when its answer has ended
   */
  public TrackedRequest begin(String id, String route, String tenant) {
    tenants.seen(tenant).request();
    long number = last.incrementAndGet();
    TrackedRequest request = new TrackedRequest(this, number, id, route, tenant, ticker.nanos());
    open.put(number, request);
    return request;
  }

  void remove(TrackedRequest request) {
    open.remove(request.number());
  }

  /** Since start. */
  public long begun() {
    return last.get();
  }

  public int size() {
    return open.size();
  }

  /** Those that came first. */
  public List<TrackedRequest> oldest(int most) {
    return open.values().stream().limit(most).toList();
  }

  /** How long one has been here. */
  public double ageSeconds(TrackedRequest request) {
    return (ticker.nanos() - request.begun()) / 1e9;
  }

  /**
   * Ends requests with an error for their clients.
   *
   * @param name of an {@code X-Request-Id}, which several clients may have chosen, or of an answer
   * @return how many there are
   */
  public int cancel(String name) {
    List<TrackedRequest> called = open.values().stream().filter(r -> r.isCalled(name)).toList();
    called.forEach(TrackedRequest::cancel);
    return called.size();
  }
}
