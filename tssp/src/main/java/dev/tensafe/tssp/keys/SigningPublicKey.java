package dev.tensafe.tssp.keys;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.util.Arrays;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.signers.MLDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** Verifies hybrid signatures: Ed25519 (RFC 8032) and ML-DSA-65 (FIPS 204). Thread-safe. */
public final class SigningPublicKey {
  public static final int ED25519_BYTES = 32;
  public static final int ML_DSA_65_BYTES = 1952;

  private static final String LABEL = "tensafe/tssp/v2/signing-key";

  private final byte[] ed25519;
  private final byte[] mlDsa65;
  private final KeyId id;

  /**
   * @param ed25519 32 bytes
   * @param mlDsa65 1952 bytes
   * @throws TsspException {@code key.malformed} for bytes that are no such keys
   */
  public SigningPublicKey(byte[] ed25519, byte[] mlDsa65) {
    if (ed25519.length != ED25519_BYTES
        || mlDsa65.length != ML_DSA_65_BYTES
        || !Ed25519.validatePublicKeyFull(ed25519, 0)) {
      throw new TsspException(Reason.KEY_MALFORMED, "this is no signing key");
    }
    this.ed25519 = ed25519.clone();
    this.mlDsa65 = mlDsa65.clone();
    this.id = KeyId.of(LABEL, ed25519, mlDsa65);
  }

  public KeyId id() {
    return id;
  }

  public byte[] ed25519() {
    return ed25519.clone();
  }

  public byte[] mlDsa65() {
    return mlDsa65.clone();
  }

  /** Whether both halves are signatures of the message under this key. */
  public boolean verify(byte[] message, Signature signature) {
    if (!signature.signer().equals(id)
        || signature.ed25519().length != Signature.ED25519_BYTES
        || signature.mlDsa65().length != Signature.ML_DSA_65_BYTES
        || !Ed25519.verify(signature.ed25519(), 0, ed25519, 0, message, 0, message.length)) {
      return false;
    }
    MLDSASigner verifier = new MLDSASigner();
    verifier.init(false, new MLDSAPublicKeyParameters(MLDSAParameters.ml_dsa_65, mlDsa65));
    verifier.update(message, 0, message.length);
    return verifier.verifySignature(signature.mlDsa65());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SigningPublicKey key
        && Arrays.equals(ed25519, key.ed25519)
        && Arrays.equals(mlDsa65, key.mlDsa65);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public String toString() {
    return "SigningPublicKey[" + id + "]";
  }
}
