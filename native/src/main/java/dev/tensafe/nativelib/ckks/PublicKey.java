package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One sample p0 = −p1·s + e whose half p1 comes from a seed that neither party chooses alone. It
 * can encrypt zero, for re-randomisation, and nothing else. Immutable and thread-safe.
 */
public final class PublicKey extends NativeHandle {
  private PublicKey(long address) {
    super(address, CkksNative::publicKeyFree);
  }

  /**
   * @param seed 32 bytes, from a hash of what both parties sent at the start of the session
   */
  public static PublicKey of(SecretKey key, byte[] seed) {
    try (Lease k = key.use()) {
      return new PublicKey(CkksNative.publicKeyCreate(k.address(), seed));
    }
  }

  /**
   * Reads the message of {@link #message()}.
   *
   * @throws CkksException MALFORMED_MESSAGE for anything else
   */
  public static PublicKey read(CkksContext context, ByteBuffer message, byte[] seed) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    try (Lease c = context.use()) {
      return new PublicKey(
          CkksNative.publicKeyRead(
              c.address(), message, message.position(), message.remaining(), seed));
    }
  }

  /** The half that travels, in a new direct buffer. */
  public ByteBuffer message() {
    try (Lease key = lease()) {
      ByteBuffer out = DirectBuffers.message(CkksNative.publicKeyBytes(key.address()));
      CkksNative.publicKeyWrite(key.address(), out, 0);
      return out;
    }
  }

  Lease use() {
    return lease();
  }
}
