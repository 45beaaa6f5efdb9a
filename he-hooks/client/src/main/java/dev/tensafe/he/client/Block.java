package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.nativelib.ckks.InputBlock;
import dev.tensafe.nativelib.ckks.Pads;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A block of pads of one adapter, for all its groups, and the lanes that share it:
 *
 * <pre>
 * announced ── the last group is absorbed ──▶ ready ── its last lane, or retire() ──▶ retired
 * </pre>
 *
 * <p>It is wiped when it is retired and the last lane that used it is gone. Thread-safe.
 */
final class Block {
  private final int number;
  private final int tokens;
  private final List<InputBlock> groups;
  private final boolean[] absorbed;
  private final Runnable onWiped;

  @GuardedBy("this")
  private int missing;

  @GuardedBy("this")
  private int lanesLeft;

  @GuardedBy("this")
  private int lanes;

  @GuardedBy("this")
  private boolean retired;

  /**
   * @param number of the adapter's in the session
   * @param tokens T
   * @param groups in the adapter's order; closed with this
   * @param onWiped runs once
   */
  Block(int number, int tokens, List<InputBlock> groups, Runnable onWiped) {
    this.number = number;
    this.tokens = tokens;
    this.groups = List.copyOf(groups);
    this.absorbed = new boolean[groups.size()];
    this.missing = groups.size();
    this.lanesLeft = Pads.lanes(tokens);
    this.onWiped = onWiped;
  }

  int number() {
    return number;
  }

  /** T, positions of each lane. */
  int tokens() {
    return tokens;
  }

  InputBlock group(int index) {
    return groups.get(index);
  }

  /**
   * Takes in the adapter host's part for one group.
   *
   * @throws dev.tensafe.nativelib.ckks.CkksException MALFORMED_MESSAGE, or for a second one
   */
  void absorb(int group, ByteBuffer message) {
    groups.get(group).absorb(message);
    synchronized (this) {
      if (!absorbed[group]) {
        absorbed[group] = true;
        missing--;
      }
    }
  }

  synchronized boolean isReady() {
    return missing == 0;
  }

  /** Lanes that can still be bound to it. */
  synchronized int lanesLeft() {
    return retired ? 0 : lanesLeft;
  }

  /** Binds one more lane; false if there may be no more. */
  synchronized boolean bind() {
    if (retired || missing > 0 || lanesLeft == 0) {
      return false;
    }
    lanesLeft--;
    lanes++;
    return true;
  }

  /** A lane that was bound is gone. */
  void unbind() {
    boolean last;
    synchronized (this) {
      lanes--;
      last = retired && lanes == 0;
    }
    if (last) {
      wipe();
    }
  }

  /** Binds no more lanes; a second time does nothing. */
  void retire() {
    boolean last;
    synchronized (this) {
      last = !retired && lanes == 0;
      retired = true;
    }
    if (last) {
      wipe();
    }
  }

  private void wipe() {
    groups.forEach(InputBlock::close);
    onWiped.run();
  }
}
