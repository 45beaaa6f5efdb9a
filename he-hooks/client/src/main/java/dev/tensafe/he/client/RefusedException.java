package dev.tensafe.he.client;

import dev.tensafe.he.wire.Refusal;
import java.io.Serial;

/** The adapter host will not evaluate; its session goes on. */
final class RefusedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final Refusal refusal;

  RefusedException(Refusal refusal) {
    super(refusal.text(), null, false, false);
    this.refusal = refusal;
  }

  Refusal refusal() {
    return refusal;
  }
}
