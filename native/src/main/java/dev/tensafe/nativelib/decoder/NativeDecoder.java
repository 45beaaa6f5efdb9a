package dev.tensafe.nativelib.decoder;

import dev.tensafe.nativelib.NativeHandle;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A decoder with its weights and its cache, outside the heap. First every tensor is put, then
 * {@link #requireComplete}, then a cache is allocated; then steps are run: {@link #begin}, and
 * {@link #run} until it says that the step is over. One caller at a time.
 *
 * <p>Matrices that it shows are its own memory, valid until the next call.
 */
public final class NativeDecoder extends NativeHandle {
  /** What {@link #run} returns at the end of a step. */
  public static final int END = -1;

  /** In a stop's byte: stop at the group when its input is there. */
  public static final byte STOP_BEFORE = 1;

  /** In a stop's byte: stop at the group when its outputs are there, which may be changed. */
  public static final byte STOP_AFTER = 2;

  private LowRankBatch.@Nullable Pinned adapters;

  /** How elements of a checkpoint come. */
  public enum ElementType {
    F32(0),
    F16(1),
    BF16(2);

    // the native side's number
    private final int id;

    ElementType(int id) {
      this.id = id;
    }
  }

  /** Norms of a layer. */
  public enum LayerNorm {
    INPUT(0),
    AFTER_ATTENTION(1),
    QUERY(2),
    KEY(3);

    // the native side's number
    private final int id;

    LayerNorm(int id) {
      this.id = id;
    }
  }

  /** Tensors of no layer. */
  public enum End {
    EMBEDDING(0),
    FINAL_NORM(1),
    HEAD(2);

    // the native side's number
    private final int id;

    End(int id) {
      this.id = id;
    }
  }

  /**
   * @param threads that compute, the caller's included
   * @param pinned whether each of the others stays on a core of its own
   * @throws DecoderException {@code decoder.invalid_argument} for a shape that cannot be computed,
   *     {@code decoder.no_memory}
   */
  public NativeDecoder(DecoderShape shape, int threads, boolean pinned) {
    super(open(shape, threads, pinned, 0), DecoderNative::free);
  }

  /**
   * A decoder on the threads of another one, which may be closed before it. Calls of the two from
   * different threads take turns.
   *
   * @throws DecoderException as above
   */
  public NativeDecoder(DecoderShape shape, NativeDecoder beside) {
    super(openBeside(shape, beside), DecoderNative::free);
  }

  private static long openBeside(DecoderShape shape, NativeDecoder beside) {
    try (Lease other = beside.lease()) {
      return open(shape, 1, false, other.address());
    }
  }

  private static long open(DecoderShape shape, int threads, boolean pinned, long beside) {
    return DecoderNative.open(
        shape.sizes(threads, pinned),
        shape.windows().stream().mapToLong(Integer::longValue).toArray(),
        (float) shape.eps(),
        beside);
  }

  /** The set of kernels it runs, such as {@code avx512-bf16}. */
  public String kernels() {
    try (Lease self = lease()) {
      return DecoderNative.kernels(self.address());
    }
  }

  /**
   * Stores rows of a projection's weight.
   *
   * @param projection 0 to 6: q, k, v, o, gate, up, down
   * @param first of the rows
   * @param elements {@code rows} whole rows, direct, little-endian, from the first element on
   */
  public void putProjection(
      int layer, int projection, ElementType type, long first, int rows, ByteBuffer elements) {
    try (Lease self = lease()) {
      DecoderNative.putProjection(
          self.address(), layer, projection, type.id, first, rows, elements);
    }
  }

  /** Stores a projection's bias, whole. */
  public void putBias(int layer, int projection, ElementType type, ByteBuffer elements) {
    try (Lease self = lease()) {
      DecoderNative.putBias(self.address(), layer, projection, type.id, elements);
    }
  }

  /** Stores a norm's weight, whole. */
  public void putNorm(int layer, LayerNorm norm, ElementType type, ByteBuffer elements) {
    try (Lease self = lease()) {
      DecoderNative.putNorm(self.address(), layer, norm.id, type.id, elements);
    }
  }

  /** Stores rows of a tensor of no layer; the final norm is one row. */
  public void putEnd(End end, ElementType type, long first, int rows, ByteBuffer elements) {
    try (Lease self = lease()) {
      DecoderNative.putEnd(self.address(), end.id, type.id, first, rows, elements);
    }
  }

  /**
   * Says that all tensors were put.
   *
   * @throws DecoderException {@code decoder.incomplete} otherwise
   */
  public void requireComplete() {
    try (Lease self = lease()) {
      DecoderNative.requireComplete(self.address());
    }
  }

  /** Bytes of packed weights. */
  public long weightBytes() {
    try (Lease self = lease()) {
      return DecoderNative.weightBytes(self.address());
    }
  }

  /** Whether the system took the wish for pages of 2 MiB for the weights. */
  public boolean hugePages() {
    try (Lease self = lease()) {
      return DecoderNative.hugePages(self.address());
    }
  }

  /** Bytes of a block of the cache over all layers. */
  public long blockBytes() {
    try (Lease self = lease()) {
      return DecoderNative.blockBytes(self.address());
    }
  }

  /**
   * Allocates a cache, dropping an earlier one.
   *
   * @throws DecoderException {@code decoder.no_memory}
   */
  public void allocateCache(int blocks) {
    try (Lease self = lease()) {
      DecoderNative.allocateCache(self.address(), blocks);
    }
  }

  /**
   * Has the system hand out the cache's memory ahead of its use, on a thread with a lower priority
   * that ends with the cache. Changes nothing but when it is resident.
   */
  public void touchCache() {
    try (Lease self = lease()) {
      DecoderNative.touchCache(self.address());
    }
  }

  /**
   * Begins a step; one that was not run to its end is given up.
   *
   * @param list numbers of runs, rows, rows of logits and blocks; of each run rows, start and
   *     blocks; the token of each row; the blocks of each run; the row of each row of logits.
   *     Direct, up to its limit
   * @param angles cosines {@code [rows, headDim / 2]}, then sines; direct, up to its limit
   * @param stops a byte for each group of all layers, direct; null for none
   * @param batch adapters whose deltas are computed in the step; null for none
   * @throws DecoderException {@code decoder.invalid_step} before anything is computed, {@code
   *     decoder.no_memory}
   */
  public void begin(
      IntBuffer list,
      FloatBuffer angles,
      @Nullable ByteBuffer stops,
      @Nullable LowRankBatch batch) {
    unpin();
    LowRankBatch.Pinned pinned = batch == null ? null : batch.pin();
    adapters = pinned;
    try (Lease self = lease()) {
      DecoderNative.begin(
          self.address(),
          list,
          list.limit(),
          angles,
          angles.limit(),
          stops,
          stops == null ? 0 : stops.limit(),
          pinned == null ? null : pinned.addresses(),
          pinned == null ? null : pinned.starts(),
          pinned == null ? null : pinned.rows(),
          pinned == null ? 0 : pinned.rowCount());
    } catch (RuntimeException | OutOfMemoryError e) {
      unpin();
      throw e;
    }
  }

  /**
   * Goes on to the next stop.
   *
   * @return twice the group's number among those of all layers, plus 1 if its outputs are there;
   *     {@link #END} at the end
   */
  public int run() {
    try (Lease self = lease()) {
      int stop = DecoderNative.run(self.address());
      if (stop == END) {
        unpin();
      }
      return stop;
    }
  }

  private void unpin() {
    if (adapters != null) {
      adapters.close();
      adapters = null;
    }
  }

  /** Input of the group of the last stop, {@code floats = rows · inputs}. */
  public FloatBuffer input(int floats) {
    try (Lease self = lease()) {
      return floats(DecoderNative.input(self.address(), floats));
    }
  }

  /** Outputs of the {@code member}-th projection of the group of the last stop. */
  public FloatBuffer output(int member, int floats) {
    try (Lease self = lease()) {
      return floats(DecoderNative.output(self.address(), member, floats));
    }
  }

  /** Logits of the last step. */
  public FloatBuffer logits(int floats) {
    try (Lease self = lease()) {
      return floats(DecoderNative.logits(self.address(), floats));
    }
  }

  private static FloatBuffer floats(ByteBuffer memory) {
    return memory.order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Adds up from now on how long each kind of operation takes; costs a clock reading each. */
  public void measure(boolean on) {
    try (Lease self = lease()) {
      DecoderNative.measure(self.address(), on);
    }
  }

  /** Nanoseconds by {@link Operation}, since {@link #measure}. */
  public long[] times() {
    try (Lease self = lease()) {
      return DecoderNative.times(self.address());
    }
  }

  /** Kinds of operations of a step, in the order of {@code Operation::Kind} in program.hpp. */
  public enum Operation {
    EMBED,
    NORM,
    SHRINK,
    LINEAR,
    HEADS,
    ATTEND,
    PREPARE,
    ADD,
    ACTIVATE,
    LAST,
    HEAD
  }
}
