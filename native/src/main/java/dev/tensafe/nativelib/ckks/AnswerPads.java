package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The evaluating side's half of a block of pads. A position is answered once: two answers under one
 * mask would give weights away, so a second one is refused. One thread at a time.
 */
public final class AnswerPads extends NativeHandle {
  private final CkksContext context;

  private AnswerPads(CkksContext context, long address) {
    super(address, CkksNative::answerPadsFree);
    this.context = context;
  }

  /**
   * @param weights with the packing {@link Pads#PACKING}
   * @param firstId of the other half
   * @param out direct; its position moves past {@link Pads#messageBytes}
   */
  public static AnswerPads make(
      CkksContext context,
      MaskExpander masks,
      WeightMatrix weights,
      Rerandomizer rerandomizer,
      long firstId,
      ByteBuffer out) {
    long bytes = Pads.messageBytes(context, weights.rows());
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    if (!weights.packing().equals(Pads.PACKING)) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT, "pads: weights of another packing");
    }
    try (Lease m = masks.use();
        Lease w = weights.use();
        Lease r = rerandomizer.use()) {
      AnswerPads pads =
          new AnswerPads(
              context,
              CkksNative.answerPadsOpen(
                  m.address(), w.address(), r.address(), firstId, out, out.position()));
      out.position(out.position() + (int) bytes);
      return pads;
    }
  }

  /**
   * Answers tokens.
   *
   * @param first position, past all that were answered
   * @param in the rest of it, direct; not consumed
   * @param out direct; its position moves past {@link Pads#tokenBytes}
   * @throws CkksException MALFORMED_MESSAGE, also for positions that were answered
   */
  public void evaluate(DotWeights weights, int first, int count, ByteBuffer in, ByteBuffer out) {
    long bytes = Pads.tokenBytes(context, count, weights.rows());
    DirectBuffers.require(in, ByteOrder.nativeOrder(), 0, "message");
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    try (Lease pads = lease();
        Lease w = weights.use()) {
      CkksNative.answerPadsEvaluate(
          pads.address(),
          w.address(),
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
}
