package dev.tensafe.he.client;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A lane as a sequence has it: its key, and pads where it is bound to a block. It serves one
 * sequence of one adapter. The engine's thread uses it, any thread may close it.
 */
final class Lane implements AutoCloseable {
  private final LaneKey key;
  private final @Nullable PadSet pads;
  private final Runnable onWiped;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param pads null for one that encrypts ciphertexts
   * @param onWiped runs once, after the lane is wiped
   */
  Lane(LaneKey key, @Nullable PadSet pads, Runnable onWiped) {
    this.key = key;
    this.pads = pads;
    this.onWiped = onWiped;
  }

  /** Its number in the session. */
  long number() {
    return key.lane();
  }

  LaneKey key() {
    return key;
  }

  @Nullable PadSet pads() {
    return pads;
  }

  /** Wipes key and pads; a second time does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      if (pads != null) {
        pads.close();
        pads.block().unbind();
      }
      onWiped.run();
    }
  }

  @Override
  public String toString() {
    return "Lane[" + number() + "]";
  }
}
