package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;

/**
 * The uniform halves of a session's ciphertexts, from a seed that both parties know. All keys of a
 * session share them; under one key an id is used once. Thread-safe.
 */
public final class MaskExpander extends NativeHandle {
  private MaskExpander(long address) {
    super(address, CkksNative::masksFree);
  }

  /**
   * @param seed 32 bytes
   */
  public static MaskExpander of(byte[] seed) {
    return new MaskExpander(CkksNative.masksOpen(seed));
  }

  Lease use() {
    return lease();
  }
}
