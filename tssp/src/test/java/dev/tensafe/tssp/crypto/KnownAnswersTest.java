package dev.tensafe.tssp.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.RecipientKey;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.digests.SHAKEDigest;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.signers.MLDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.junit.jupiter.api.Test;

/** The primitives against published answers, before anything is built on them. */
class KnownAnswersTest {
  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** RFC 8032 section 7.1, test 3. */
  @Test
  void ed25519() {
    byte[] secret = hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
    byte[] publicKey = new byte[32];
    Ed25519.generatePublicKey(secret, 0, publicKey, 0);
    assertEquals(
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", hex(publicKey));
    byte[] signature = new byte[64];
    Ed25519.sign(secret, 0, hex("af82"), 0, 2, signature, 0);
    assertEquals(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        hex(signature));
  }

  /** RFC 5869 test case 3: no salt, no info. */
  @Test
  void hkdf() {
    byte[] secret = new byte[22];
    Arrays.fill(secret, (byte) 0x0b);
    assertEquals(
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
        hex(Derivation.hkdf(secret, new byte[0])));
  }

  /** RFC 7914 section 12, the second vector. */
  @Test
  void scrypt() {
    assertTrue(
        hex(SCrypt.generate(
                "password".getBytes(US_ASCII), "NaCl".getBytes(US_ASCII), 1024, 8, 16, 64))
            .startsWith("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"));
  }

  /**
   * draft-connolly-cfrg-xwing-kem, appendix C, the first vector; its inputs are SHAKE-128 of "".
   */
  @Test
  void xwing() {
    byte[] stream = new byte[96];
    new SHAKEDigest(128).doFinal(stream, 0, stream.length);
    byte[] seed = Arrays.copyOf(stream, 32);
    assertEquals("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26", hex(seed));
    try (RecipientKey key = RecipientKey.ofSeed(seed)) {
      assertTrue(hex(key.publicKey().bytes()).startsWith("e2236b35a8c24b39b10aa1323a96a919"));
      Encapsulation encapsulation =
          key.publicKey().encapsulate(new Fixed(Arrays.copyOfRange(stream, 32, 96)));
      assertTrue(hex(encapsulation.ciphertext()).startsWith("b83aa828d4d62b9a83ceffe1d3d3bb1e"));
      assertEquals(
          "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
          hex(encapsulation.sharedSecret()));
      assertArrayEquals(encapsulation.sharedSecret(), key.decapsulate(encapsulation.ciphertext()));
    }
  }

  /**
   * C2SP/CCTV, "ML-KEM", accumulated vectors of FIPS 203: keys, encapsulations and implicit
   * rejections of 100 seeds out of SHAKE-128, hashed together.
   */
  @Test
  void mlKem768() {
    SHAKEDigest seeds = new SHAKEDigest(128);
    SHAKEDigest accumulated = new SHAKEDigest(128);
    for (int i = 0; i < 100; i++) {
      MLKEMPrivateKeyParameters key =
          new MLKEMPrivateKeyParameters(MLKEMParameters.ml_kem_768, next(seeds, 64));
      absorb(accumulated, key.getPublicKey());
      SecretWithEncapsulation secret =
          MLKEMGenerator.internalGenerateEncapsulated(
              key.getPublicKeyParameters(), next(seeds, 32));
      absorb(accumulated, secret.getEncapsulation());
      absorb(accumulated, secret.getSecret());
      MLKEMExtractor extractor = new MLKEMExtractor(key);
      assertArrayEquals(secret.getSecret(), extractor.extractSecret(secret.getEncapsulation()));
      absorb(accumulated, extractor.extractSecret(next(seeds, 1088)));
    }
    assertEquals(
        "1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415",
        hex(next(accumulated, 32)));
  }

  /**
   * C2SP/CCTV, "ML-DSA", accumulated vectors of FIPS 204: public keys and deterministic signatures
   * of the empty message from 100 seeds out of SHAKE-128, hashed together.
   */
  @Test
  void mlDsa65() throws CryptoException {
    SHAKEDigest seeds = new SHAKEDigest(128);
    SHAKEDigest accumulated = new SHAKEDigest(128);
    for (int i = 0; i < 100; i++) {
      MLDSAPrivateKeyParameters key =
          new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_65, next(seeds, 32));
      absorb(accumulated, key.getPublicKey());
      MLDSASigner signer = new MLDSASigner();
      signer.init(true, key);
      absorb(accumulated, signer.generateSignature());
    }
    assertEquals(
        "8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199",
        hex(next(accumulated, 32)));
  }

  private static byte[] next(SHAKEDigest stream, int count) {
    byte[] bytes = new byte[count];
    stream.doOutput(bytes, 0, count);
    return bytes;
  }

  private static void absorb(SHAKEDigest digest, byte[] bytes) {
    digest.update(bytes, 0, bytes.length);
  }

  private static final class Fixed extends SecureRandom {
    private static final long serialVersionUID = 1L;
    private final transient byte[] bytes;
    private int at;

    Fixed(byte[] bytes) {
      super(null, null);
      this.bytes = bytes;
    }

    @Override
    public void nextBytes(byte[] out) {
      System.arraycopy(bytes, at, out, 0, out.length);
      at += out.length;
    }
  }
}
