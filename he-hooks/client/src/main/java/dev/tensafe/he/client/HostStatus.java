package dev.tensafe.he.client;

import dev.tensafe.tssp.keys.KeyId;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An adapter host at one moment, as this side sees it.
 *
 * @param address of the host; {@code this process} for an embedded one
 * @param key that it proved to have in the session there is
 * @param problem why there is no session
 * @param sessionMillis age of the session, and so of what all of its keys are derived from
 * @param sessions begun since start
 * @param adapters that take requests over it
 * @param padsReady positions of pads, over all adapters
 * @param keysSpare lane keys that no sequence has yet
 * @param oldestKeyMillis age of the oldest of them
 * @param answersChecked against secret tags since start; all of them passed, or it is barred
 */
public record HostStatus(
    String address,
    Optional<KeyId> key,
    State state,
    Optional<String> problem,
    OptionalLong sessionMillis,
    long sessions,
    int adapters,
    int padsReady,
    int keysSpare,
    OptionalLong oldestKeyMillis,
    long answersChecked) {

  /** The state of the way to a host. */
  public enum State {
    /** There is a session. */
    CONNECTED,
    /** There is one, and the host wants to end it. */
    DRAINING,
    /** There is none; it is tried again and again. */
    CONNECTING,
    /** The host computed something wrongly, and is not asked until it is trusted again. */
    BARRED;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
