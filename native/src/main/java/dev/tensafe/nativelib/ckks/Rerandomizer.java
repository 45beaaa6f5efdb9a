package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;

/**
 * What re-randomises the answers of a session, so that they say nothing of the weights beyond what
 * they decrypt to: p1·u + p1'·u' with its fresh u and u', from which every lane's key makes an
 * encryption of zero. It comes from a pool that can be filled ahead; when it is empty it is made on
 * the spot. Each is used once. Thread-safe.
 */
public final class Rerandomizer extends NativeHandle {
  private Rerandomizer(long address) {
    super(address, CkksNative::rerandomizerFree);
  }

  /**
   * @param capacity of the pool, 0 to 65,536; 3·limbs·N·8 bytes each
   */
  public static Rerandomizer of(PublicHalves halves, int capacity) {
    try (Lease h = halves.use()) {
      return new Rerandomizer(CkksNative.rerandomizerOpen(h.address(), capacity));
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
