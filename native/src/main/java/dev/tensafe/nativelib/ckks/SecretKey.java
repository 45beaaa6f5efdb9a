package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A ternary secret of one session, with the seed of its ciphertexts' public halves and the counter
 * of their ids, which never repeat. It has no form in which it could be stored; it is wiped when
 * closed. Any number of threads may use it.
 */
public final class SecretKey extends NativeHandle {
  private final CkksContext context;

  private SecretKey(CkksContext context, long address) {
    super(address, CkksNative::secretKeyFree);
    this.context = context;
  }

  /** A new key from the operating system's random numbers. */
  public static SecretKey generate(CkksContext context) {
    try (Lease c = context.use()) {
      return new SecretKey(context, CkksNative.secretKeyGenerate(c.address()));
    }
  }

  public CkksContext context() {
    return context;
  }

  /** The public seed from which the evaluating side expands the halves that do not travel. */
  public byte[] maskSeed() {
    try (Lease key = lease()) {
      return CkksNative.secretKeyMaskSeed(key.address());
    }
  }

  private long inputMessageBytes(InputShape shape) {
    try (Lease key = lease()) {
      return CkksNative.secretKeyInputMessageBytes(
          key.address(),
          shape.tokens(),
          shape.columns(),
          shape.packing().tokens(),
          shape.packing().outputs());
    }
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
   * {@link #encryptInputs(InputShape, FloatBuffer, ColumnScales, int, ByteBuffer)} into a new
   * buffer.
   */
  public EncryptedInputs encryptInputs(
      InputShape shape, FloatBuffer x, @Nullable ColumnScales columns, int scaleBits) {
    ByteBuffer message = DirectBuffers.message(inputMessageBytes(shape));
    double[] magnitudes = encryptInputs(shape, x, columns, scaleBits, message);
    message.flip();
    return new EncryptedInputs(message, magnitudes);
  }

  /**
   * Encrypts a batch of activations.
   *
   * @param x [m][d] from its position on, direct, in the machine's byte order
   * @param columns scales of the d columns, or null for none
   * @param scaleBits from {@link FixedPoint}
   * @param out direct, with room for {@link #inputMessageBytes}; its position moves past the
   *     message
   * @return [m] magnitudes by which the tokens were divided; they stay here
   * @throws CkksException NOT_FINITE for a NaN or an infinity, before anything is written
   */
  public double[] encryptInputs(
      InputShape shape,
      FloatBuffer x,
      @Nullable ColumnScales columns,
      int scaleBits,
      ByteBuffer out) {
    long bytes = inputMessageBytes(shape);
    DirectBuffers.require(x, x.order(), (long) shape.tokens() * shape.columns(), "inputs");
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    if (columns != null && columns.columns() != shape.columns()) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT,
          "inputs: " + shape.columns() + " columns, but scales of " + columns.columns());
    }
    double[] magnitudes = new double[shape.tokens()];
    try (Lease key = lease()) {
      CkksNative.encryptInputs(
          key.address(),
          x,
          (long) x.position() * Float.BYTES,
          shape.tokens(),
          shape.columns(),
          shape.packing().tokens(),
          shape.packing().outputs(),
          columns == null ? null : columns.exponents(),
          scaleBits,
          magnitudes,
          out,
          out.position());
    }
    out.position(out.position() + (int) bytes);
    return magnitudes;
  }

  /**
   * Decrypts the answers to a batch.
   *
   * @param shape what was asked for; an answer of another shape is refused
   * @param message the rest of it, direct; not consumed
   * @param tokenScales [m], from {@link FixedPoint#tokenScales}
   * @param rowScales [r'], or null for ones
   * @param out [m][r'] from its position on, direct, in the machine's byte order; not advanced
   * @throws CkksException MALFORMED_MESSAGE for anything but such an answer
   */
  public void decryptAnswers(
      AnswerShape shape,
      ByteBuffer message,
      double[] tokenScales,
      double @Nullable [] rowScales,
      DoubleBuffer out) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    DirectBuffers.requireWritable(
        out, out.order(), (long) shape.tokens() * shape.rows(), "answers");
    if (tokenScales.length != shape.tokens()
        || (rowScales != null && rowScales.length != shape.rows())) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT,
          "answers: scales must be one for each token and row");
    }
    try (Lease key = lease()) {
      CkksNative.decryptAnswers(
          key.address(),
          message,
          message.position(),
          message.remaining(),
          shape.tokens(),
          shape.rows(),
          shape.packing().tokens(),
          shape.packing().outputs(),
          tokenScales,
          rowScales,
          out,
          (long) out.position() * Double.BYTES);
    }
  }

  Lease use() {
    return lease();
  }
}
