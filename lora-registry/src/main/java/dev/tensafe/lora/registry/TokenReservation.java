package dev.tensafe.lora.registry;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/** Tokens of an owner's budget that a request may use. Thread-safe. */
public final class TokenReservation {
  /** Of an adapter without a budget. */
  static final TokenReservation UNLIMITED = new TokenReservation(used -> {});

  private final LongConsumer settle;
  private final AtomicBoolean open = new AtomicBoolean(true);

  TokenReservation(LongConsumer settle) {
    this.settle = settle;
  }

  /**
   * Ends it; a second time does nothing.
   *
   * @param used tokens that were computed; the rest is free again
   */
  public void settle(long used) {
    if (open.compareAndSet(true, false)) {
      settle.accept(used);
    }
  }
}
