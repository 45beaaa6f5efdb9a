package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A general ciphertext: sums, products with plaintexts, rescaling. Immutable; every operation gives
 * a new one. Products of ciphertexts and rotations do not exist, nor keys for them.
 */
public final class Ciphertext extends NativeHandle {
  private final CkksContext context;

  private Ciphertext(CkksContext context, long address) {
    super(address, CkksNative::ciphertextFree);
    this.context = context;
  }

  /**
   * A seeded encryption: one half is a mask.
   *
   * @param id of the mask, never used before under this key
   */
  public static Ciphertext encrypt(
      SecretKey key, MaskExpander masks, long id, Plaintext plaintext) {
    try (Lease k = key.use();
        Lease m = masks.use();
        Lease p = plaintext.use()) {
      return new Ciphertext(
          key.context(), CkksNative.ciphertextEncrypt(k.address(), m.address(), id, p.address()));
    }
  }

  /** An encryption of zero under a public key. */
  public static Ciphertext encryptZero(CkksContext context, PublicKey key) {
    try (Lease k = key.use()) {
      return new Ciphertext(context, CkksNative.ciphertextEncryptZero(k.address()));
    }
  }

  /**
   * Reads {@link #message()}.
   *
   * @throws CkksException MALFORMED_MESSAGE for anything else
   */
  public static Ciphertext read(CkksContext context, ByteBuffer message) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    try (Lease c = context.use()) {
      return new Ciphertext(
          context,
          CkksNative.ciphertextRead(c.address(), message, message.position(), message.remaining()));
    }
  }

  /**
   * Reads {@link #seededMessage()}.
   *
   * @throws CkksException MALFORMED_MESSAGE for anything else
   */
  public static Ciphertext readSeeded(CkksContext context, MaskExpander masks, ByteBuffer message) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    try (Lease c = context.use();
        Lease m = masks.use()) {
      return new Ciphertext(
          context,
          CkksNative.ciphertextReadSeeded(
              c.address(), m.address(), message, message.position(), message.remaining()));
    }
  }

  public int limbs() {
    try (Lease c = lease()) {
      return CkksNative.ciphertextLimbs(c.address());
    }
  }

  public Ciphertext add(Ciphertext other) {
    try (Lease a = lease();
        Lease b = other.lease()) {
      return new Ciphertext(context, CkksNative.ciphertextAdd(a.address(), b.address()));
    }
  }

  public Ciphertext multiply(Plaintext plaintext) {
    try (Lease c = lease();
        Lease p = plaintext.use()) {
      return new Ciphertext(context, CkksNative.ciphertextMultiply(c.address(), p.address()));
    }
  }

  /** Divides the plaintext by the second prime and rounds; two limbs become one. */
  public Ciphertext rescale() {
    try (Lease c = lease()) {
      return new Ciphertext(context, CkksNative.ciphertextRescale(c.address()));
    }
  }

  /** Keeps the plaintext modulo the first prime; two limbs become one. */
  public Ciphertext dropLimb() {
    try (Lease c = lease()) {
      return new Ciphertext(context, CkksNative.ciphertextDropLimb(c.address()));
    }
  }

  /**
   * The lowest coefficients of the plaintext, with the error, each in (−Q/2, Q/2].
   *
   * @param count a power of two up to N; the time grows with its logarithm, for 1 it is O(N)
   */
  public BigInteger[] decrypt(SecretKey key, int count) {
    long[] residues;
    int limbs = limbs();
    try (Lease c = lease();
        Lease k = key.use()) {
      residues = CkksNative.ciphertextDecrypt(c.address(), k.address(), count);
    }
    List<Long> moduli = context.parameters().moduli();
    BigInteger q0 = BigInteger.valueOf(moduli.get(0));
    BigInteger q = limbs == 1 ? q0 : q0.multiply(BigInteger.valueOf(moduli.get(1)));
    BigInteger[] result = new BigInteger[count];
    for (int i = 0; i < count; i++) {
      BigInteger value = BigInteger.valueOf(residues[i]);
      if (limbs == 2) {
        // x = r0 + q0·((r1 − r0)/q0 mod q1), Garner's step of the Chinese remainder theorem
        BigInteger q1 = BigInteger.valueOf(moduli.get(1));
        BigInteger difference = BigInteger.valueOf(residues[count + i]).subtract(value);
        value = value.add(q0.multiply(difference.multiply(q0.modInverse(q1)).mod(q1)));
      }
      result[i] = value.shiftLeft(1).compareTo(q) > 0 ? value.subtract(q) : value;
    }
    return result;
  }

  /** Both halves, in a new direct buffer. */
  public ByteBuffer message() {
    return write(false);
  }

  /**
   * One half and the id of the other, in a new direct buffer.
   *
   * @throws CkksException INVALID_ARGUMENT unless it is fresh from {@link #encrypt}
   */
  public ByteBuffer seededMessage() {
    return write(true);
  }

  private ByteBuffer write(boolean seeded) {
    try (Lease c = lease()) {
      ByteBuffer out = DirectBuffers.message(CkksNative.ciphertextBytes(c.address(), seeded));
      CkksNative.ciphertextWrite(c.address(), seeded, out, 0);
      return out;
    }
  }
}
