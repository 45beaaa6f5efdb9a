package dev.tensafe.nativelib.decoder;

import dev.tensafe.nativelib.NativeLibrary;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The native methods. Addresses are those of handles that the caller keeps alive; buffers are
 * direct, used from their first element on, and have the room that the caller says.
 */
final class DecoderNative {
  static {
    NativeLibrary.ensureLoaded();
  }

  private DecoderNative() {}

  /**
   * @param beside a decoder whose threads are to be used; 0 for threads of its own
   */
  static native long open(long[] sizes, long[] windows, float eps, long beside);

  static native void free(long decoder);

  static native String kernels(long decoder);

  static native void putProjection(
      long decoder, int layer, int projection, int type, long first, int rows, Buffer elements);

  static native void putBias(long decoder, int layer, int projection, int type, Buffer elements);

  static native void putNorm(long decoder, int layer, int norm, int type, Buffer elements);

  static native void putEnd(long decoder, int end, int type, long first, int rows, Buffer elements);

  static native void requireComplete(long decoder);

  static native long weightBytes(long decoder);

  static native boolean hugePages(long decoder);

  static native long blockBytes(long decoder);

  static native void allocateCache(long decoder, int blocks);

  static native void touchCache(long decoder);

  static native void begin(
      long decoder,
      Buffer list,
      int length,
      Buffer angles,
      int angleCount,
      @Nullable Buffer stops,
      int stopCount,
      long @Nullable [] adapters,
      @Nullable Buffer starts,
      @Nullable Buffer rows,
      int rowCount);

  static native int run(long decoder);

  static native ByteBuffer input(long decoder, long floats);

  static native ByteBuffer output(long decoder, int member, long floats);

  static native ByteBuffer logits(long decoder, long floats);

  static native void measure(long decoder, boolean on);

  static native long[] times(long decoder);
}
