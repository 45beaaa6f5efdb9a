package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;

/**
 * Encryptions of zero under one session's public key, added to every answer so that it says nothing
 * of the weights beyond what it decrypts to. They come from a pool that can be filled ahead; when
 * it is empty they are made on the spot. Thread-safe.
 */
public final class Rerandomizer extends NativeHandle {
  private Rerandomizer(long address) {
    super(address, CkksNative::rerandomizerFree);
  }

  /**
   * @param capacity of the pool, 0 to 65,536; 2·limbs·N·8 bytes each
   */
  public static Rerandomizer of(PublicKey key, int capacity) {
    try (Lease k = key.use()) {
      return new Rerandomizer(CkksNative.rerandomizerOpen(k.address(), capacity));
    }
  }

  /** Adds up to {@code count}, not beyond the capacity; returns how many. */
  public int fill(int count) {
    try (Lease r = lease()) {
      return CkksNative.rerandomizerFill(r.address(), count);
    }
  }

  /** How many are ready. */
  public int level() {
    try (Lease r = lease()) {
      return CkksNative.rerandomizerLevel(r.address());
    }
  }

  Lease use() {
    return lease();
  }
}
