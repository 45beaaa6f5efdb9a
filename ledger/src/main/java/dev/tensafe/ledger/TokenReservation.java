package dev.tensafe.ledger;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/** Tokens that are held for a request until it says how many it used. Thread-safe. */
public final class TokenReservation {
  private final long tokens;
  private final LongConsumer settlement;
  private final AtomicBoolean open = new AtomicBoolean(true);

  TokenReservation(long tokens, LongConsumer settlement) {
    this.tokens = tokens;
    this.settlement = settlement;
  }

  /**
   * Ends the reservation and gives back what was not used; a second time does nothing. Never waits
   * for the disk.
   *
   * @param used tokens, at most those that were reserved
   * @throws IllegalArgumentException for any other number; then all that was reserved counts as
   *     used
   */
  public void settle(long used) {
    boolean possible = 0 <= used && used <= tokens;
    if (open.compareAndSet(true, false)) {
      settlement.accept(possible ? used : tokens);
    }
    if (!possible) {
      throw new IllegalArgumentException(used + " tokens used: 0 to " + tokens + " were reserved");
    }
  }
}
