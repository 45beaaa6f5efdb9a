package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * The secret of one lane: one request, or one tag's set-up. All of it follows from a seed of 32
 * bytes, which its maker keeps or wipes; the errors of encryptions do not. Wiped when closed. Any
 * number of threads may use it.
 */
public final class SecretKey extends NativeHandle {
  private final CkksContext context;
  private final SecretKind kind;

  private SecretKey(CkksContext context, SecretKind kind, long address) {
    super(address, CkksNative::secretKeyFree);
    this.context = context;
    this.kind = kind;
  }

  /**
   * The secret that a seed stands for.
   *
   * @param seed 32 bytes, from a generator fit for keys; copied
   */
  public static SecretKey derive(CkksContext context, SecretKind kind, byte[] seed) {
    try (Lease c = context.use()) {
      return new SecretKey(context, kind, CkksNative.secretKeyDerive(c.address(), kind.id(), seed));
    }
  }

  public CkksContext context() {
    return context;
  }

  public SecretKind kind() {
    return kind;
  }

  /** Bytes of the message that {@link #encryptInputs} writes for a shape. */
  public static long inputMessageBytes(CkksContext context, InputShape shape) {
    try (Lease c = context.use()) {
      return CkksNative.inputMessageBytes(
          c.address(),
          shape.tokens(),
          shape.columns(),
          shape.packing().tokens(),
          shape.packing().outputs());
    }
  }

  /**
   * Encrypts tokens of this lane as ciphertexts.
   *
   * @param shape of the message; its columns are the codec's
   * @param x rows of d numbers from its position on, direct, in the machine's byte order
   * @param rows [m], which row of {@code x} each token is
   * @param masks of the session
   * @param firstId of {@link InputShape#ciphertexts} ids, never used before under this key
   * @param notes [m][{@link GroupCodec#NOTE}], written; they stay here, for the decryption
   * @param out direct, with room for {@link #inputMessageBytes}; its position moves past the
   *     message
   * @throws CkksException NOT_FINITE for a NaN or an infinity, before anything is written
   */
  public void encryptInputs(
      GroupCodec codec,
      InputShape shape,
      FloatBuffer x,
      int[] rows,
      MaskExpander masks,
      long firstId,
      double[] notes,
      ByteBuffer out) {
    long bytes = inputMessageBytes(context, shape);
    codec.requireInputs(x, rows, shape.tokens(), notes);
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    if (codec.columns() != shape.columns()) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT,
          "inputs: " + shape.columns() + " columns, but a codec of " + codec.columns());
    }
    try (Lease key = lease();
        Lease c = codec.use();
        Lease m = masks.use()) {
      CkksNative.encryptInputs(
          key.address(),
          c.address(),
          shape.packing().tokens(),
          shape.packing().outputs(),
          x,
          (long) x.position() * Float.BYTES,
          rows,
          m.address(),
          firstId,
          notes,
          out,
          out.position());
    }
    out.position(out.position() + (int) bytes);
  }

  /**
   * Decrypts the answers to such tokens and judges them.
   *
   * @param shape what was asked for; an answer of another shape is refused
   * @param message the rest of it, direct; not consumed
   * @param notes [m][{@link GroupCodec#NOTE}], from the encryption
   * @param verdicts [m][{@link GroupCodec#VERDICT}], written
   * @param out u, [m][r'] from its position on, direct, in the machine's byte order; not advanced,
   *     and not to be used before the verdicts are
   * @throws CkksException MALFORMED_MESSAGE for anything but such an answer; INVALID_ARGUMENT if
   *     the answer's modulus was switched and this is no {@link SecretKind#TERNARY} secret
   */
  public void decryptAnswers(
      GroupCodec codec,
      AnswerShape shape,
      ByteBuffer message,
      double[] notes,
      double[] verdicts,
      DoubleBuffer out) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    codec.requireAnswers(shape.tokens(), notes, verdicts, out);
    if (codec.rows() != shape.rows()) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT,
          "answers: " + shape.rows() + " rows, but a codec of " + codec.rows());
    }
    try (Lease key = lease();
        Lease c = codec.use()) {
      CkksNative.decryptAnswers(
          key.address(),
          c.address(),
          message,
          message.position(),
          message.remaining(),
          shape.tokens(),
          shape.packing().tokens(),
          shape.packing().outputs(),
          notes,
          verdicts,
          out,
          (long) out.position() * Double.BYTES);
    }
  }

  Lease use() {
    return lease();
  }
}
