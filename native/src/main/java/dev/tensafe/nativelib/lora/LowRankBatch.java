package dev.tensafe.nativelib.lora;

import dev.tensafe.nativelib.NativeHandle.Lease;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.List;

/**
 * The rows of one step, sorted by adapter, and the products of all its adapters with them. Memory
 * is kept from step to step. Confined to one thread; {@link #shrink} of a group comes before {@link
 * #expand} of its projections.
 */
public final class LowRankBatch {
  private List<LowRankAdapter> adapters = List.of();
  private IntBuffer starts = ints(64);
  private IntBuffer rows = ints(256);
  private FloatBuffer reduced = floats(4096);
  private int rowCount;
  private int largestRow;
  private int rankStride;
  private int firstSlot;
  private int slots;

  /** Which kernels this processor runs: {@code avx2} or {@code scalar}. */
  public static String kernel() {
    return LoraNative.kernel();
  }

  /**
   * Begins a step.
   *
   * @param segments the step's adapters, all with the same number of slots
   * @param rowsOf per adapter the indices of its rows; no row twice
   */
  public void begin(List<LowRankAdapter> segments, List<int[]> rowsOf) {
    adapters = List.copyOf(segments);
    int count = 0;
    for (int[] some : rowsOf) {
      count += some.length;
    }
    starts = starts.capacity() > adapters.size() ? starts : ints(2 * adapters.size() + 1);
    rows = rows.capacity() >= count ? rows : ints(2 * count);
    rowCount = 0;
    largestRow = 0;
    rankStride = 0;
    slots = 0;
    for (int i = 0; i < adapters.size(); i++) {
      starts.put(i, rowCount);
      for (int row : rowsOf.get(i)) {
        if (row < 0) {
          throw new IllegalArgumentException("row " + row);
        }
        rows.put(rowCount++, row);
        largestRow = Math.max(largestRow, row);
      }
      rankStride = Math.max(rankStride, (adapters.get(i).maxRank() + 7) / 8 * 8);
    }
    starts.put(adapters.size(), rowCount);
  }

  /** Whether any adapter of the step has a module in these slots. */
  public boolean touches(int firstSlot, int slots) {
    for (LowRankAdapter adapter : adapters) {
      for (int slot = firstSlot; slot < firstSlot + slots; slot++) {
        if (adapter.has(slot)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Computes A·x for the projections that read one x.
   *
   * @param x {@code [rows, in]}, direct, from its first element on
   * @param in columns of x and of every module in the slots
   */
  public void shrink(int firstSlot, int slots, FloatBuffer x, int in) {
    this.firstSlot = firstSlot;
    this.slots = slots;
    require(x, (largestRow + 1L) * in);
    for (LowRankAdapter adapter : adapters) {
      for (int slot = firstSlot; slot < firstSlot + slots; slot++) {
        if (adapter.has(slot) && adapter.module(slot).in() != in) {
          throw new IllegalArgumentException("slot " + slot + " reads another width than " + in);
        }
      }
    }
    int needed = Math.multiplyExact(Math.multiplyExact(slots, rowCount), rankStride);
    reduced = reduced.capacity() >= needed ? reduced : floats(needed + needed / 2);
    withAddresses(
        addresses ->
            LoraNative.shrink(
                addresses, starts, rows, firstSlot, slots, x, reduced, rankStride, rowCount));
  }

  /**
   * In place of {@link #shrink}, where somebody else computes A·x: all zeros until {@link #put}.
   */
  public void clear(int firstSlot, int slots) {
    this.firstSlot = firstSlot;
    this.slots = slots;
    int needed = Math.multiplyExact(Math.multiplyExact(slots, rowCount), rankStride);
    reduced = reduced.capacity() >= needed ? reduced : floats(needed + needed / 2);
    for (int i = 0; i < needed; i++) {
      reduced.put(i, 0f);
    }
  }

  /**
   * Sets A·x of one row and projection.
   *
   * @param slot one of those that the last {@link #clear} was for
   * @param adapter index of the adapter in {@link #begin}
   * @param row index of the row among those of its adapter
   * @param u holds the numbers, one for each rank of the module, from {@code first} on
   */
  public void put(int slot, int adapter, int row, DoubleBuffer u, int first) {
    int at = ((slot - firstSlot) * rowCount + starts.get(adapter) + row) * rankStride;
    int rank = adapters.get(adapter).module(slot).rank();
    for (int k = 0; k < rank; k++) {
      reduced.put(at + k, (float) u.get(first + k));
    }
  }

  /**
   * Adds B·(A·x) of one projection.
   *
   * @param slot the projection's; one of those that the last {@link #shrink} was for
   * @param y {@code [rows, out]}, direct, from its first element on; changed in place
   */
  public void expand(int slot, FloatBuffer y, int out) {
    int index = slot - firstSlot;
    if (index < 0 || index >= slots) {
      throw new IllegalArgumentException("slot " + slot + " is not of the last group");
    }
    require(y, (largestRow + 1L) * out);
    if (y.isReadOnly()) {
      throw new IllegalArgumentException("y is read-only");
    }
    for (LowRankAdapter adapter : adapters) {
      if (adapter.has(slot) && adapter.module(slot).out() != out) {
        throw new IllegalArgumentException("slot " + slot + " writes another width than " + out);
      }
    }
    withAddresses(
        addresses ->
            LoraNative.expand(
                addresses, starts, rows, slot, index, reduced, rankStride, rowCount, y));
  }

  private interface Call {
    void with(long[] addresses);
  }

  /** Keeps every adapter alive for the length of a call. */
  private void withAddresses(Call call) {
    try (Pinned pinned = pin()) {
      call.with(pinned.addresses());
    }
  }

  /**
   * Keeps every adapter of the step alive until it is closed, for native code that computes with
   * them.
   */
  public Pinned pin() {
    return new Pinned();
  }

  /** The step's adapters and rows, where native code reads them. Confined to one thread. */
  public final class Pinned implements AutoCloseable {
    private final long[] addresses = new long[adapters.size()];
    private final Lease[] leases = new Lease[adapters.size()];

    private Pinned() {
      try {
        for (int i = 0; i < leases.length; i++) {
          leases[i] = adapters.get(i).use();
          addresses[i] = leases[i].address();
        }
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }

    /** One for each adapter. */
    public long[] addresses() {
      return addresses;
    }

    /** Where each adapter's rows begin, and where the last one's end; direct. */
    public IntBuffer starts() {
      return starts;
    }

    /** Indices of rows; direct. */
    public IntBuffer rows() {
      return rows;
    }

    public int rowCount() {
      return rowCount;
    }

    /** A second close does nothing. */
    @Override
    public void close() {
      for (int i = 0; i < leases.length; i++) {
        if (leases[i] != null) {
          leases[i].close();
          leases[i] = null;
        }
      }
    }
  }

  private static void require(FloatBuffer matrix, long elements) {
    if (!matrix.isDirect() || !matrix.order().equals(ByteOrder.nativeOrder())) {
      throw new IllegalArgumentException("a direct buffer in the machine's byte order is needed");
    }
    if (matrix.capacity() < elements) {
      throw new IllegalArgumentException(
          matrix.capacity() + " elements, but rows reach to " + elements);
    }
  }

  private static IntBuffer ints(int count) {
    return bytes(count * (long) Integer.BYTES).asIntBuffer();
  }

  private static FloatBuffer floats(int count) {
    return bytes(count * (long) Float.BYTES).asFloatBuffer();
  }

  private static ByteBuffer bytes(long count) {
    return ByteBuffer.allocateDirect(Math.toIntExact(count)).order(ByteOrder.nativeOrder());
  }

  /** Sizes only. */
  @Override
  public String toString() {
    return "LowRankBatch[" + adapters.size() + " adapters, " + rowCount + " rows]";
  }
}
