package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.LaneMessages;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;

/**
 * Lanes that were announced together, on their way to be used: some, chosen here, are shown, seed
 * and all; of the others the public keys come then. Confined to the session's thread.
 */
final class LaneBatch {
  private final LaneMessages.Lanes lanes;

  /** Lanes that have to be shown, counted from the first. */
  private final BitSet shown;

  /** Lanes whose public key has not come. */
  private final BitSet missing;

  private boolean proven;

  LaneBatch(LaneMessages.Lanes lanes, SecureRandom random) {
    this.lanes = lanes;
    this.shown = choose(lanes.hashes().size(), random);
    this.missing = new BitSet();
    missing.set(0, lanes.hashes().size());
    missing.andNot(shown);
  }

  private static BitSet choose(int lanes, SecureRandom random) {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < lanes; i++) {
      all.add(i);
    }
    Collections.shuffle(all, random);
    BitSet chosen = new BitSet();
    all.subList(0, LaneMessages.shown(lanes)).forEach(chosen::set);
    return chosen;
  }

  /** What asks for those that have to be shown. */
  LaneMessages.OpenLanes question() {
    return new LaneMessages.OpenLanes(lanes.first(), lanes.hashes().size(), shown);
  }

  /** The lanes that have to be shown, ascending. */
  List<Long> shown() {
    return shown.stream().mapToObj(i -> lanes.first() + i).toList();
  }

  /** Lanes whose public key has not come. */
  int missing() {
    return missing.cardinality();
  }

  /**
   * Whether a lane was announced with this public key.
   *
   * @param publicKey its message
   */
  boolean matches(long lane, ByteBuffer publicKey) {
    return MessageDigest.isEqual(
        lanes.hashes().get((int) (lane - lanes.first())), LaneMessages.hash(lane, publicKey));
  }

  /** All that had to be shown were, and are what they were announced as. */
  void prove() {
    proven = true;
  }

  /** Whether {@link #prove} was called. */
  boolean isProven() {
    return proven;
  }

  /**
   * The public key of a lane has come.
   *
   * @throws HeException {@code he.protocol} for a lane that was shown, that came before, or before
   *     its batch was proven
   */
  void arrived(long lane) {
    long index = lane - lanes.first();
    if (!proven || index >= lanes.hashes().size() || !missing.get((int) index)) {
      throw new HeException(Reason.PROTOCOL, "the key of a lane that none is due of");
    }
    missing.clear((int) index);
  }
}
