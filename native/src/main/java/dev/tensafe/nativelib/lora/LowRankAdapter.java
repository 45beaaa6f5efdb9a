package dev.tensafe.nativelib.lora;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * An adapter's weights outside the heap, wiped when closed: for each of its modules the factors of
 * {@code y += scaling · B·(A·x)}. Filled by one thread before others see it, then immutable and
 * thread-safe.
 */
public final class LowRankAdapter extends NativeHandle {
  private static final int PIECE_BYTES = 1 << 16;

  private final int slots;
  private final Module[] bySlot;
  private final int maxRank;
  private final long bytes;
  private final ByteBuffer staging =
      ByteBuffer.allocateDirect(PIECE_BYTES).order(ByteOrder.nativeOrder());

  /** How a factor's elements come and are kept. */
  public enum ElementType {
    F32(0, 4, 0),
    /** Widened to F32. */
    F16(1, 2, 0),
    BF16(2, 2, 1);

    // the native side's numbers
    private final int id;
    private final int bytes;
    private final int storage;

    ElementType(int id, int bytes, int storage) {
      this.id = id;
      this.bytes = bytes;
      this.storage = storage;
    }

    public int bytes() {
      return bytes;
    }
  }

  /** The two factors. */
  public enum Factor {
    /** {@code [rank, in]} */
    A(0),
    /** {@code [out, rank]} */
    B(1);

    // the native side's number
    private final int id;

    Factor(int id) {
      this.id = id;
    }
  }

  /**
   * One module.
   *
   * @param slot where it belongs, from 0
   * @param scaling what B·(A·x) is multiplied by
   */
  public record Module(int slot, int in, int out, int rank, float scaling, ElementType type) {
    /** A module whose A·x somebody else computes: only B is kept, in F32, with a scaling of 1. */
    public static Module expanding(int slot, int out, int rank) {
      return new Module(slot, 1, out, rank, 1f, ElementType.F32);
    }

    /** Bytes its two factors take, panels included. */
    public long bytes() {
      long a = (rank + 7L) / 8 * 8 * in;
      long b = (out + 31L) / 32 * 32 * rank;
      return (a + b) * (type.storage == 0 ? Float.BYTES : Short.BYTES);
    }
  }

  /**
   * @param slots number of slots; all zero until {@link #put}
   * @throws OutOfMemoryError without room for it
   */
  public LowRankAdapter(int slots, List<Module> modules) {
    super(open(slots, modules), LoraNative::adapterFree);
    this.slots = slots;
    this.bySlot = new Module[slots];
    int largest = 0;
    for (Module m : modules) {
      bySlot[m.slot()] = m;
      largest = Math.max(largest, m.rank());
    }
    this.maxRank = largest;
    try (Lease self = lease()) {
      bytes = LoraNative.adapterBytes(self.address());
    }
  }

  private static long open(int slots, List<Module> modules) {
    long address = LoraNative.adapterOpen(slots);
    try {
      for (Module m : modules) {
        LoraNative.adapterAdd(
            address, m.slot(), m.in(), m.out(), m.rank(), m.scaling(), m.type().storage);
      }
      return address;
    } catch (RuntimeException | OutOfMemoryError e) {
      LoraNative.adapterFree(address);
      throw e;
    }
  }

  /**
   * Stores elements of a factor, row-major, little-endian.
   *
   * @param first index of the first one in its factor
   * @param elements from position to limit, of the module's type; neither moves
   */
  public void put(int slot, Factor factor, long first, ByteBuffer elements) {
    Module module = bySlot[slot];
    if (module == null) {
      throw new IllegalArgumentException("there is no module in slot " + slot);
    }
    ByteBuffer source = elements.duplicate();
    long at = first;
    try (Lease self = lease()) {
      while (source.hasRemaining()) {
        int count = Math.min(source.remaining(), staging.capacity());
        staging.clear();
        staging.put(source.slice(source.position(), count));
        source.position(source.position() + count);
        LoraNative.adapterPut(
            self.address(),
            slot,
            factor.id,
            module.type().id,
            at,
            staging,
            count / module.type().bytes());
        at += count / module.type().bytes();
      }
    } finally {
      for (int i = 0; i < staging.capacity(); i += Long.BYTES) {
        staging.putLong(i, 0);
      }
    }
  }

  public int slots() {
    return slots;
  }

  /** Whether a slot has a module. */
  public boolean has(int slot) {
    return bySlot[slot] != null;
  }

  /** The module in a slot that has one. */
  Module module(int slot) {
    return bySlot[slot];
  }

  public int maxRank() {
    return maxRank;
  }

  /** Bytes outside the heap. */
  public long bytes() {
    return bytes;
  }

  Lease use() {
    return lease();
  }
}
