package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The model host's side of one check of a tag: secret constants r, encrypted under a key of their
 * own in a ring with so much room that f = A'ᵀ·r comes back exactly. docs/CKKS.md, "Tag". One
 * thread at a time; wiped when closed.
 */
public final class TagRequest extends NativeHandle {
  private final CkksContext ring;
  private final SecretKey key;
  private final PublicKey publicKey;
  private final int rows;

  private TagRequest(CkksContext ring, SecretKey key, PublicKey publicKey, int rows, long address) {
    super(
        address,
        request -> {
          CkksNative.tagRequestFree(request);
          publicKey.close();
          key.close();
        });
    this.ring = ring;
    this.key = key;
    this.publicKey = publicKey;
    this.rows = rows;
  }

  /**
   * Draws constants, for a key that was announced.
   *
   * @param ring with two limbs
   * @param publicSeed 32 bytes of the public key's halves, from a hash of what both parties sent
   * @param keySeed 32 bytes, of a key that nothing else is encrypted under
   * @param rows r' of the group that has most
   * @param scaleBits exponent of the constants' scale, 54 to 83
   */
  public static TagRequest begin(
      CkksContext ring, byte[] publicSeed, byte[] keySeed, int rows, int scaleBits) {
    SecretKey key = SecretKey.derive(ring, SecretKind.UNIFORM, keySeed);
    try (Lease c = ring.use();
        PublicHalves halves = PublicHalves.of(ring, publicSeed)) {
      long address = CkksNative.tagRequestOpen(c.address(), rows, scaleBits);
      return new TagRequest(ring, key, PublicKey.of(key, halves), rows, address);
    } catch (RuntimeException | Error e) {
      key.close();
      throw e;
    }
  }

  /** What {@link TagAnswer#open} takes: the public key, then a seed and the constants; direct. */
  public ByteBuffer message() {
    ByteBuffer shared = publicKey.message();
    try (Lease c = ring.use();
        Lease k = key.use();
        Lease request = lease()) {
      long bytes = CkksNative.tagConstantsBytes(c.address(), rows);
      ByteBuffer out = DirectBuffers.message(shared.remaining() + bytes).put(shared);
      CkksNative.tagRequestWrite(request.address(), k.address(), out, out.position());
      return out.position(0);
    }
  }

  /** [rows], r: 2^14 ≤ |r| &lt; 2^15. A secret. */
  public long[] constants() {
    try (Lease request = lease()) {
      return CkksNative.tagRequestConstants(request.address());
    }
  }

  /**
   * Decrypts chunks of an answer.
   *
   * @param chunks the rest of it, direct; not consumed
   * @param columns they hold; all chunks but the last are full
   * @return [columns], f
   * @throws CkksException MALFORMED_MESSAGE for anything but such an answer
   */
  public long[] read(ByteBuffer chunks, int columns) {
    DirectBuffers.require(chunks, ByteOrder.nativeOrder(), 0, "chunks");
    try (Lease k = key.use();
        Lease request = lease()) {
      return CkksNative.tagRequestRead(
          request.address(), k.address(), chunks, chunks.position(), chunks.remaining(), columns);
    }
  }
}
