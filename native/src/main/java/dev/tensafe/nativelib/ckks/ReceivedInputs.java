package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A batch of ciphertexts as the evaluating side holds it. Immutable and thread-safe. */
public final class ReceivedInputs extends NativeHandle {
  private final InputShape shape;

  private ReceivedInputs(long address) {
    super(address, CkksNative::inputsFree);
    int[] sizes = CkksNative.inputsShape(address);
    shape = new InputShape(sizes[0], sizes[1], new Packing(sizes[2], sizes[3]));
  }

  /**
   * Reads a message of {@link SecretKey#encryptInputs}. Its length is checked against the shape it
   * declares before anything is allocated.
   *
   * @param message the rest of it, direct; not consumed
   * @throws CkksException MALFORMED_MESSAGE for anything else
   */
  public static ReceivedInputs read(CkksContext context, MaskExpander masks, ByteBuffer message) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    try (Lease c = context.use();
        Lease m = masks.use()) {
      return new ReceivedInputs(
          CkksNative.inputsRead(
              c.address(), m.address(), message, message.position(), message.remaining()));
    }
  }

  public InputShape shape() {
    return shape;
  }

  /** Bytes of the message that {@link #evaluate} writes. */
  public long answerMessageBytes(WeightMatrix weights) {
    try (Lease inputs = lease()) {
      return CkksNative.inputsAnswerMessageBytes(inputs.address(), weights.rows());
    }
  }

  /** Bytes of a message of answers. */
  public static long answerMessageBytes(CkksContext context, AnswerShape shape) {
    try (Lease c = context.use()) {
      return CkksNative.answerMessageBytes(
          c.address(),
          shape.tokens(),
          shape.rows(),
          shape.packing().tokens(),
          shape.packing().outputs());
    }
  }

  /**
   * All inner products of the batch with the rows of a matrix, re-randomised. One thread works;
   * other threads may evaluate the same inputs with other weights.
   *
   * @param lane key of the lane that the inputs are of, over the re-randomiser's halves
   * @param out direct, with room for {@link #answerMessageBytes}; its position moves past the
   *     message
   * @throws CkksException INVALID_ARGUMENT where inputs, weights and session do not fit together
   */
  public void evaluate(
      WeightMatrix weights, Rerandomizer rerandomizer, PublicKey lane, ByteBuffer out) {
    long bytes = answerMessageBytes(weights);
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    try (Lease inputs = lease();
        Lease w = weights.use();
        Lease r = rerandomizer.use();
        Lease key = lane.use()) {
      CkksNative.evaluateInputs(
          inputs.address(), w.address(), r.address(), key.address(), out, out.position());
    }
    out.position(out.position() + (int) bytes);
  }
}
