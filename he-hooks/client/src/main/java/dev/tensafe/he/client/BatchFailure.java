package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.lora.AdapterException;

/**
 * The error that the requests of a failed batch get. A wrong answer looks to them like one that did
 * not come: a client may work together with the adapter host. Without state.
 */
final class BatchFailure {
  private BatchFailure() {}

  static AdapterException shown(PublicPart adapter, RuntimeException reason) {
    if (reason instanceof RefusedException refused) {
      AdapterException.Reason why =
          switch (refused.refusal()) {
            case BUDGET_EXHAUSTED -> AdapterException.Reason.BUDGET_EXHAUSTED;
            default -> AdapterException.Reason.UNAVAILABLE;
          };
      return new AdapterException(
          why, "adapter '" + adapter.name() + "': " + refused.refusal().text());
    }
    return new AdapterException(
        AdapterException.Reason.UNAVAILABLE,
        "adapter '" + adapter.name() + "' could not be computed: " + text(reason),
        reason);
  }

  private static String text(RuntimeException reason) {
    if (reason instanceof HeException he && he.reason() != Reason.ANSWER) {
      return he.description();
    }
    return "its adapter host failed";
  }
}
