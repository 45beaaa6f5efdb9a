package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;

/**
 * An open adapter and the link it is open over: the way a batch takes for a whole step.
 *
 * @param adapter in a session that may end at any time
 */
record AdapterRoute(HostLink link, ClientOpenAdapter adapter) {
  /** The failure of a step as this protocol names it: the end of the session explains the rest. */
  HeException explain(RuntimeException failure) {
    return failure instanceof HeException known
        ? known
        // a key was wiped while it was in use, if the session has ended
        : adapter.session().end().reason().orElseGet(() -> unusable(failure));
  }

  /** An answer that failed in a way nothing else explains. */
  static HeException unusable(RuntimeException failure) {
    return new HeException(Reason.ANSWER, "an answer cannot be used", failure);
  }

  /** Ends the session after a failure; there will be another one. */
  void breakOff(HeException reason) {
    adapter.session().end().end(reason);
  }
}
