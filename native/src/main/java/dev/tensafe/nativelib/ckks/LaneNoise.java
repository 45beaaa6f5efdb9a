package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One lane's noise for the answers of one group of a block. A position is answered once, in
 * ascending order: two answers under one noise would give weights away, so a second one is refused,
 * and used ones are wiped. One thread at a time.
 */
public final class LaneNoise extends NativeHandle {
  private final CkksContext context;

  private LaneNoise(CkksContext context, long address) {
    super(address, CkksNative::laneNoiseFree);
    this.context = context;
  }

  /**
   * Makes a lane's noise. Two makings for one lane and group must not both be used.
   *
   * @param key of the lane, over the block's halves
   */
  public static LaneNoise make(AnswerBlock block, PublicKey key) {
    try (Lease b = block.use();
        Lease k = key.use()) {
      return new LaneNoise(block.context(), CkksNative.laneNoiseMake(b.address(), k.address()));
    }
  }

  /** Bytes of one outside the heap. */
  public static long bytes(int tokens, int rows) {
    return (long) tokens * rows * Long.BYTES;
  }

  /**
   * Answers tokens of any lanes.
   *
   * @param runs whose positions are answered, run by run
   * @param first position of each run, past all that were answered
   * @param count tokens of each run
   * @param in the rest of it, direct; not consumed
   * @param out direct; its position moves past {@link Pads#tokenBytes}
   * @throws CkksException MALFORMED_MESSAGE, also for positions that were answered
   */
  public static void evaluate(
      DotWeights weights,
      LaneNoise[] runs,
      int[] first,
      int[] count,
      ByteBuffer in,
      ByteBuffer out) {
    int all = Leases.tokens(runs.length, first, count);
    long bytes = Pads.tokenBytes(runs[0].context, all, weights.rows());
    DirectBuffers.require(in, ByteOrder.nativeOrder(), 0, "message");
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    try (Lease w = weights.use();
        Leases noise = Leases.of(runs, LaneNoise::use)) {
      CkksNative.laneNoiseEvaluate(
          w.address(),
          noise.addresses(),
          first,
          count,
          in,
          in.position(),
          in.remaining(),
          out,
          out.position());
    }
    out.position(out.position() + (int) bytes);
  }

  private Lease use() {
    return lease();
  }
}
