package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/**
 * One lane's pads for one group of a block: what masks the inputs and what unmasks the answers of T
 * positions, each used for one token, once, in ascending order, and wiped. One thread at a time.
 */
public final class LanePads extends NativeHandle {
  private final CkksContext context;
  private final int tokens;
  private final int columns;
  private final int rows;

  private LanePads(InputBlock block, long address) {
    super(address, CkksNative::lanePadsFree);
    context = block.context();
    tokens = block.tokens();
    columns = block.columns();
    rows = block.rows();
  }

  /**
   * Makes a lane's pads. Two makings for one lane and group must not both be used.
   *
   * @param block that has absorbed
   * @param key of the lane
   */
  public static LanePads make(InputBlock block, SecretKey key) {
    try (Lease b = block.use();
        Lease k = key.use()) {
      return new LanePads(block, CkksNative.lanePadsMake(b.address(), k.address()));
    }
  }

  /** Bytes of one outside the heap: T·(9·d + 8·r'). */
  public static long bytes(int tokens, int columns, int rows) {
    return (long) tokens * (columns * (Long.BYTES + 1L) + (long) rows * Long.BYTES);
  }

  /** T. */
  public int tokens() {
    return tokens;
  }

  /**
   * Encrypts tokens of any lanes.
   *
   * @param runs whose positions are used, run by run
   * @param first position of each run, past all that were used
   * @param count tokens of each run
   * @param x rows of d numbers from its position on, direct, in the machine's byte order
   * @param rows which row of {@code x} each token is
   * @param notes [m][{@link GroupCodec#NOTE}], written; they stay here, for the decryption
   * @param out direct; its position moves past {@link Pads#tokenBytes}
   * @throws CkksException NOT_FINITE, before any position is used; INVALID_ARGUMENT for positions
   *     that were used
   */
  public static void encrypt(
      GroupCodec codec,
      LanePads[] runs,
      int[] first,
      int[] count,
      FloatBuffer x,
      int[] rows,
      double[] notes,
      ByteBuffer out) {
    int all = tokens(codec, runs, first, count);
    long bytes = Pads.tokenBytes(runs[0].context, all, codec.columns());
    codec.requireInputs(x, rows, all, notes);
    DirectBuffers.requireWritable(out, out.order(), bytes, "message");
    try (Lease c = codec.use();
        Leases pads = Leases.of(runs, LanePads::use)) {
      CkksNative.lanePadsEncrypt(
          c.address(),
          pads.addresses(),
          first,
          count,
          x,
          (long) x.position() * Float.BYTES,
          rows,
          notes,
          out,
          out.position());
    }
    out.position(out.position() + (int) bytes);
  }

  /**
   * Decrypts the answers to such tokens and judges them.
   *
   * @param message the rest of it, direct; not consumed
   * @param notes [m][{@link GroupCodec#NOTE}], from the encryption
   * @param verdicts [m][{@link GroupCodec#VERDICT}], written
   * @param out u, [m][r'] from its position on, direct, in the machine's byte order; not to be used
   *     before the verdicts are
   * @throws CkksException MALFORMED_MESSAGE for anything but such answers; INVALID_ARGUMENT for
   *     positions that were not used, or whose answers were decrypted
   */
  public static void decrypt(
      GroupCodec codec,
      LanePads[] runs,
      int[] first,
      int[] count,
      ByteBuffer message,
      double[] notes,
      double[] verdicts,
      DoubleBuffer out) {
    int all = tokens(codec, runs, first, count);
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    codec.requireAnswers(all, notes, verdicts, out);
    try (Lease c = codec.use();
        Leases pads = Leases.of(runs, LanePads::use)) {
      CkksNative.lanePadsDecrypt(
          c.address(),
          pads.addresses(),
          first,
          count,
          message,
          message.position(),
          message.remaining(),
          notes,
          verdicts,
          out,
          (long) out.position() * Double.BYTES);
    }
  }

  /** Tokens of all runs, which must be the codec's group's. */
  private static int tokens(GroupCodec codec, LanePads[] runs, int[] first, int[] count) {
    int all = Leases.tokens(runs.length, first, count);
    for (LanePads pads : runs) {
      if (pads.columns != codec.columns() || pads.rows != codec.rows()) {
        throw new CkksException(
            CkksException.Reason.INVALID_ARGUMENT, "pads: a codec of another group");
      }
    }
    return all;
  }

  private Lease use() {
    return lease();
  }
}
