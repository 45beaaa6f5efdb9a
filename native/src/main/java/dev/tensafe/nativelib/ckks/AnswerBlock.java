package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;

/**
 * The adapter host's half of a block of one group: what re-randomises its answers, for all lanes
 * that use it. Wiped when closed. Immutable and thread-safe.
 */
public final class AnswerBlock extends NativeHandle {
  private final CkksContext context;

  private AnswerBlock(CkksContext context, long address) {
    super(address, CkksNative::answerBlockFree);
    this.context = context;
  }

  /**
   * @param masks of the session
   * @param weights with the packing {@link Pads#packing} of the block's T
   * @param halves of the session
   * @param firstId of the other half
   * @param out direct; its position moves past {@link Pads#messageBytes}
   */
  public static AnswerBlock make(
      CkksContext context,
      MaskExpander masks,
      WeightMatrix weights,
      PublicHalves halves,
      long firstId,
      ByteBuffer out) {
    long bytes = Pads.messageBytes(context, weights.rows());
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    if (!weights.packing().equals(Pads.packing(weights.packing().tokens()))) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT, "pads: weights of another packing");
    }
    try (Lease m = masks.use();
        Lease w = weights.use();
        Lease h = halves.use()) {
      AnswerBlock block =
          new AnswerBlock(
              context,
              CkksNative.answerBlockMake(
                  m.address(), w.address(), h.address(), firstId, out, out.position()));
      out.position(out.position() + (int) bytes);
      return block;
    }
  }

  /** Bytes of one outside the heap. */
  public static long bytes(CkksContext context, int rows) {
    return 2L * rows * context.parameters().degree() * Long.BYTES;
  }

  CkksContext context() {
    return context;
  }

  Lease use() {
    return lease();
  }
}
