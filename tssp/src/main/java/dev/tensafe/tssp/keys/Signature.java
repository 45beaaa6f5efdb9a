package dev.tensafe.tssp.keys;

/**
 * A hybrid signature; it counts only if both halves verify.
 *
 * @param signer key id of the signer's public key
 * @param ed25519 64 bytes, RFC 8032
 * @param mlDsa65 3309 bytes, FIPS 204 with an empty context
 */
public record Signature(KeyId signer, byte[] ed25519, byte[] mlDsa65) {
  public static final int ED25519_BYTES = 64;
  public static final int ML_DSA_65_BYTES = 3309;
}
