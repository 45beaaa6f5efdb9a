package dev.tensafe.nativelib.lora;

import dev.tensafe.nativelib.NativeLibrary;
import java.nio.Buffer;

/**
 * The native methods. Addresses are those of handles that the caller keeps alive; buffers are
 * direct and used from their first element on; the caller has checked indices and room.
 */
final class LoraNative {
  static {
    NativeLibrary.ensureLoaded();
  }

  private LoraNative() {}

  static native String kernel();

  static native long adapterOpen(int slots);

  static native void adapterFree(long adapter);

  static native void adapterAdd(
      long adapter, int slot, int in, int out, int rank, float scaling, int storage);

  static native void adapterPut(
      long adapter, int slot, int side, int source, long first, Buffer elements, int count);

  static native long adapterBytes(long adapter);

  static native void shrink(
      long[] adapters,
      Buffer starts,
      Buffer rows,
      int firstSlot,
      int slots,
      Buffer x,
      Buffer u,
      int rankStride,
      int totalRows);

  static native void expand(
      long[] adapters,
      Buffer starts,
      Buffer rows,
      int slot,
      int index,
      Buffer u,
      int rankStride,
      int totalRows,
      Buffer y);
}
