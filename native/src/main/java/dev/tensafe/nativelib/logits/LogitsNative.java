package dev.tensafe.nativelib.logits;

import dev.tensafe.nativelib.NativeLibrary;
import java.nio.Buffer;

/**
 * The native methods. Buffers are direct and used from their first element on; the caller has
 * checked sizes and room.
 */
final class LogitsNative {
  static {
    NativeLibrary.ensureLoaded();
  }

  private LogitsNative() {}

  static native String kernel();

  static native int mostLikely(Buffer row, int size);

  static native int best(Buffer row, int size, int count, Buffer ids, int room);

  static native int above(Buffer row, int size, float threshold, Buffer ids, int room);

  static native void weigh(Buffer row, int size, float max, double scale, Buffer sums);
}
