package dev.tensafe.tssp.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;

/**
 * Keys derived for one purpose by HKDF-SHA-256 (RFC 5869), without salt; the info binds purpose,
 * package and part: {@code label ‖ 00 ‖ package id (16) ‖ further ids ‖ length of the part name (1)
 * ‖ part name}.
 */
final class Derivation {
  static final int PACKAGE_ID_BYTES = 16;

  private Derivation() {}

  static byte[] info(String label, byte[] packageId, byte[] further, String part) {
    if (packageId.length != PACKAGE_ID_BYTES || part.isEmpty() || part.length() > 255) {
      throw new IllegalArgumentException("a package id of 16 bytes and a part name are needed");
    }
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    info.writeBytes(label.getBytes(US_ASCII));
    info.write(0);
    info.writeBytes(packageId);
    info.writeBytes(further);
    info.write(part.length());
    info.writeBytes(part.getBytes(US_ASCII));
    return info.toByteArray();
  }

  static byte[] hkdf(byte[] secret, byte[] info) {
    HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new SHA256Digest());
    hkdf.init(new HKDFParameters(secret, null, info));
    byte[] key = new byte[32];
    hkdf.generateBytes(key, 0, key.length);
    return key;
  }
}
