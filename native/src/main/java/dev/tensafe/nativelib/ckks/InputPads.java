package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The model host's half of a block of pads: {@value Pads#POSITIONS} positions, each used for one
 * token, once, and wiped. One thread at a time.
 */
public final class InputPads extends NativeHandle {
  private final SecretKey key;
  private final int columns;
  private final int rows;

  private InputPads(SecretKey key, int columns, int rows, long address) {
    super(address, CkksNative::inputPadsFree);
    this.key = key;
    this.columns = columns;
    this.rows = rows;
  }

  /**
   * Makes a block; takes some ciphertext ids of the key, which must stay open as long as this.
   *
   * @param columns d
   * @param rows r'
   */
  public static InputPads make(SecretKey key, int columns, int rows) {
    try (Lease k = key.use()) {
      return new InputPads(
          key, columns, rows, CkksNative.inputPadsOpen(k.address(), Pads.TOKENS, columns, rows));
    }
  }

  /** Bytes of one outside the heap. */
  public static long bytes(int columns, int rows) {
    return (long) Pads.POSITIONS * (columns + rows) * Long.BYTES;
  }

  /** What the evaluating side makes its half from. */
  public long firstId() {
    try (Lease pads = lease()) {
      return CkksNative.inputPadsFirstId(pads.address());
    }
  }

  /**
   * Takes in the evaluating side's message; before, nothing can be encrypted.
   *
   * @param message the rest of it, direct; not consumed
   * @throws CkksException MALFORMED_MESSAGE
   */
  public void absorb(ByteBuffer message) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    try (Lease k = key.use();
        Lease pads = lease()) {
      CkksNative.inputPadsAbsorb(pads.address(), message, message.position(), message.remaining());
    }
  }

  /**
   * Encrypts tokens.
   *
   * @param first position, past all that were used
   * @param x [count][d] from its position on, direct, in the machine's byte order
   * @param out direct; its position moves past {@link Pads#tokenBytes}
   * @return [count] magnitudes, as {@link SecretKey#encryptInputs} returns them
   * @throws CkksException NOT_FINITE; INVALID_ARGUMENT for positions that were used
   */
  public double[] encrypt(
      int first,
      int count,
      FloatBuffer x,
      @Nullable ColumnScales scales,
      int scaleBits,
      ByteBuffer out) {
    long bytes = Pads.tokenBytes(key.context(), count, columns);
    DirectBuffers.require(x, x.order(), (long) count * columns, "inputs");
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    if (scales != null && scales.columns() != columns) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT, "inputs: scales of another number of columns");
    }
    double[] magnitudes = new double[count];
    try (Lease k = key.use();
        Lease pads = lease()) {
      CkksNative.inputPadsEncrypt(
          pads.address(),
          first,
          count,
          x,
          (long) x.position() * Float.BYTES,
          scales == null ? null : scales.exponents(),
          scaleBits,
          magnitudes,
          out,
          out.position());
    }
    out.position(out.position() + (int) bytes);
    return magnitudes;
  }

  /**
   * Decrypts the answers to tokens that were encrypted.
   *
   * @param message the rest of it, direct; not consumed
   * @param tokenScales [count], from {@link FixedPoint#tokenScales}
   * @param rowScales [r'], or null for ones
   * @param out [count][r'] from its position on, direct, in the machine's byte order
   * @throws CkksException MALFORMED_MESSAGE for anything but such answers
   */
  public void decrypt(
      int first,
      int count,
      ByteBuffer message,
      double[] tokenScales,
      double @Nullable [] rowScales,
      DoubleBuffer out) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    DirectBuffers.requireWritable(out, out.order(), (long) count * rows, "answers");
    if (tokenScales.length != count || (rowScales != null && rowScales.length != rows)) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT,
          "answers: scales must be one for each token and row");
    }
    try (Lease k = key.use();
        Lease pads = lease()) {
      CkksNative.inputPadsDecrypt(
          pads.address(),
          first,
          count,
          message,
          message.position(),
          message.remaining(),
          tokenScales,
          rowScales,
          out,
          (long) out.position() * Double.BYTES);
    }
  }
}
