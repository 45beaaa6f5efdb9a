package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;

/**
 * The two uniform polynomials p1 and p1' that all public keys of a session share. Neither party
 * chooses them alone: they come from a hash of what both have sent. Immutable and thread-safe.
 */
public final class PublicHalves extends NativeHandle {
  private PublicHalves(long address) {
    super(address, CkksNative::publicHalvesFree);
  }

  /**
   * @param seed 32 bytes
   */
  public static PublicHalves of(CkksContext context, byte[] seed) {
    try (Lease c = context.use()) {
      return new PublicHalves(CkksNative.publicHalvesOpen(c.address(), seed));
    }
  }

  Lease use() {
    return lease();
  }
}
