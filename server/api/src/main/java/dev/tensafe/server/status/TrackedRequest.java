package dev.tensafe.server.status;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * A request for outputs from the moment it is let in until its answer ends: ids and counts, never
 * text. What its client calls the model is known only once there is such a model. Thread-safe.
 */
public final class TrackedRequest implements AutoCloseable {
  private final RequestTable table;
  private final long number;
  private final String id;
  private final String route;
  private final String tenant;
  private final long begun;
  private final LongAdder cached = new LongAdder();
  private final LongAdder generated = new LongAdder();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private volatile Optional<Work> work = Optional.empty();
  private volatile Runnable cancellation = () -> {};

  /**
   * What the engine is asked for.
   *
   * @param answer id of the answer without its prefix
   * @param model as the client calls it
   * @param adapter empty for the base model
   * @param digest of the adapter's manifest
   * @param mode {@code base}, {@code plain} or {@code he}
   * @param promptTokens of all prompts
   * @param outputs how many there will be
   */
  public record Work(
      String answer,
      String model,
      Optional<String> adapter,
      Optional<String> digest,
      String mode,
      boolean stream,
      int promptTokens,
      int outputs) {}

  /** What a request waits for. */
  public enum State {
    /** Its text is turned into tokens, or its adapter is loaded. */
    PREPARING,
    /** It waits for room in the batch. */
    WAITING,
    /** It is being computed. */
    RUNNING;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  TrackedRequest(
      RequestTable table, long number, String id, String route, String tenant, long begun) {
    this.table = table;
    this.number = number;
    this.id = id;
    this.route = route;
    this.tenant = tenant;
    this.begun = begun;
  }

  /** Sets what ends it with an error for its client; may run on any thread. */
  public void onCancel(Runnable cancel) {
    cancellation = cancel;
  }

  /** The engine is about to be asked. */
  public void submitted(Work asked) {
    work = Optional.of(asked);
  }

  void scheduled(int cachedTokens) {
    cached.add(cachedTokens);
    started.incrementAndGet();
  }

  void generated(int tokens) {
    generated.add(tokens);
  }

  void outputEnded() {
    ended.incrementAndGet();
  }

  void cancel() {
    cancellation.run();
  }

  /** Whether a name is this request's: that of its {@code X-Request-Id}, or of its answer. */
  boolean isCalled(String name) {
    return id.equals(name)
        || work.map(Work::answer)
            .filter(answer -> name.matches("(chatcmpl-|cmpl-|msg_|resp_)" + answer))
            .isPresent();
  }

  long number() {
    return number;
  }

  /** As in {@code X-Request-Id}. */
  public String id() {
    return id;
  }

  public String route() {
    return route;
  }

  public String tenant() {
    return TenantTable.name(tenant);
  }

  /** By the ticker of the table. */
  public long begun() {
    return begun;
  }

  /** Tokens of its prompts that the cache had. */
  public long cachedTokens() {
    return cached.sum();
  }

  public long generatedTokens() {
    return generated.sum();
  }

  /** Empty while it is prepared. */
  public Optional<Work> work() {
    return work;
  }

  public State state() {
    if (work.isEmpty()) {
      return State.PREPARING;
    }
    return started.get() == 0 ? State.WAITING : State.RUNNING;
  }

  /** Outputs that have ended. */
  public int outputsEnded() {
    return ended.get();
  }

  /** Its answer has ended, well or not; a second time does nothing. */
  @Override
  public void close() {
    table.remove(this);
  }

  /** Names and counts only. */
  @Override
  public String toString() {
    return "TrackedRequest[" + id + ", " + state() + "]";
  }
}
