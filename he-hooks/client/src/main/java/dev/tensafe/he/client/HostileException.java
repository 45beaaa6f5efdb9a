package dev.tensafe.he.client;

import java.io.Serial;

/** An adapter host did what none does by mistake; it is to be barred from an adapter. */
final class HostileException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final BarredHosts.Reason reason;

  HostileException(BarredHosts.Reason reason) {
    super("an adapter host is hostile: " + reason.code(), null, false, false);
    this.reason = reason;
  }

  BarredHosts.Reason reason() {
    return reason;
  }
}
