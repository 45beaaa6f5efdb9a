package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The model host's half of a block of one group: where its masks are and what came from the adapter
 * host for them. All lanes that use the block share it. Immutable once it has absorbed; any number
 * of threads may then use it.
 */
public final class InputBlock extends NativeHandle {
  private final CkksContext context;
  private final int tokens;
  private final int columns;
  private final int rows;

  private InputBlock(CkksContext context, int tokens, int columns, int rows, long address) {
    super(address, CkksNative::inputBlockFree);
    this.context = context;
    this.tokens = tokens;
    this.columns = columns;
    this.rows = rows;
  }

  /**
   * @param masks of the session
   * @param tokens T, {@link Pads#SHORT} or {@link Pads#LONG}
   * @param columns d
   * @param rows r'
   * @param firstId of {@link #masks} ids that no other block has
   */
  public static InputBlock of(
      CkksContext context, MaskExpander masks, int tokens, int columns, int rows, long firstId) {
    try (Lease c = context.use();
        Lease m = masks.use()) {
      return new InputBlock(
          context,
          tokens,
          columns,
          rows,
          CkksNative.inputBlockOpen(c.address(), m.address(), tokens, columns, rows, firstId));
    }
  }

  /** Mask ids that a block of one group takes: ⌈d/(N/T)⌉. */
  public static int masks(CkksContext context, int tokens, int columns) {
    return InputShape.ceilDivide(columns, context.parameters().degree() / tokens);
  }

  /** Bytes of one outside the heap. */
  public static long bytes(CkksContext context, int rows) {
    return (long) rows * context.parameters().degree() * Long.BYTES;
  }

  /**
   * Takes in the adapter host's message; before, no lane can use it.
   *
   * @param message the rest of it, direct; not consumed
   * @throws CkksException MALFORMED_MESSAGE, or INVALID_ARGUMENT if it has one already
   */
  public void absorb(ByteBuffer message) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    try (Lease block = lease()) {
      CkksNative.inputBlockAbsorb(
          block.address(), message, message.position(), message.remaining());
    }
  }

  CkksContext context() {
    return context;
  }

  int tokens() {
    return tokens;
  }

  int columns() {
    return columns;
  }

  int rows() {
    return rows;
  }

  Lease use() {
    return lease();
  }
}
