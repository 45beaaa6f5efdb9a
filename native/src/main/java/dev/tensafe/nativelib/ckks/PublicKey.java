package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Two samples (p0, p1) and (p0', p1') with p0 = −p1·s + e, p0' = −p1'·s + e'. With them zero can be
 * encrypted, for re-randomisation, and nothing else. One sample alone does not make a key: p1·u by
 * itself hides nothing, and an error in its place would be multiplied by s. Immutable and
 * thread-safe.
 */
public final class PublicKey extends NativeHandle {
  private PublicKey(long address) {
    super(address, CkksNative::publicKeyFree);
  }

  /**
   * The public key of a secret; its errors follow from the secret's seed, so that whoever knows the
   * seed gets the same one.
   *
   * @throws CkksException INVALID_ARGUMENT for a second pair of halves: the same errors under two
   *     would give the secret away
   */
  public static PublicKey of(SecretKey key, PublicHalves halves) {
    try (Lease k = key.use();
        Lease h = halves.use()) {
      return new PublicKey(CkksNative.publicKeyCreate(k.address(), h.address()));
    }
  }

  /**
   * Reads the message of {@link #message()}.
   *
   * @param message the rest of it, direct; not consumed
   * @throws CkksException MALFORMED_MESSAGE for anything else
   */
  public static PublicKey read(CkksContext context, ByteBuffer message, PublicHalves halves) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    try (Lease c = context.use();
        Lease h = halves.use()) {
      return new PublicKey(
          CkksNative.publicKeyRead(
              c.address(), message, message.position(), message.remaining(), h.address()));
    }
  }

  /** Bytes of {@link #message()}. */
  public static long messageBytes(CkksContext context) {
    try (Lease c = context.use()) {
      return CkksNative.publicKeyBytes(c.address());
    }
  }

  /** p0 and p0', which travel, in a new direct buffer. */
  public ByteBuffer message() {
    try (Lease key = lease()) {
      ByteBuffer out = DirectBuffers.message(CkksNative.publicKeyMessageBytes(key.address()));
      CkksNative.publicKeyWrite(key.address(), out, 0);
      return out;
    }
  }

  Lease use() {
    return lease();
  }
}
