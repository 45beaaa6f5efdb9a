package dev.tensafe.he.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.tssp.keys.Encapsulation;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The proof that an adapter host holds the recipient key it named: a MAC of the handshake under a
 * secret that was encapsulated to that key. docs/HE-PROTOCOL.md, "Hellos".
 */
public final class Possession {
  /** Length of the proof. */
  public static final int BYTES = 32;

  private static final byte[] LABEL = "tensafe-he/2 possession\0".getBytes(US_ASCII);
  private static final String ALGORITHM = "HmacSHA256";

  private Possession() {}

  /** The payload of {@code CHALLENGE}. */
  public static ByteBuffer challenge(byte[] ciphertext) {
    return ByteBuffer.wrap(ciphertext.clone());
  }

  /**
   * The encapsulation in a {@code CHALLENGE}.
   *
   * @throws HeException {@code he.protocol} for one of another length
   */
  public static byte[] readChallenge(ByteBuffer payload) {
    Reading in = new Reading(payload);
    byte[] ciphertext = in.bytes(Encapsulation.CIPHERTEXT_BYTES);
    in.end();
    return ciphertext;
  }

  /**
   * The payload of {@code READY}.
   *
   * @param secret that the encapsulation holds
   * @param challenge the encapsulation
   */
  public static byte[] proof(
      byte[] secret, Hello.Client client, Hello.Host host, byte[] challenge) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret, ALGORITHM));
      mac.update(LABEL);
      mac.update(client.encode());
      mac.update(host.encode());
      mac.update(challenge);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Compares the payload of {@code READY} with the proof it should be.
   *
   * @throws HeException {@code he.protocol} if the other side does not hold the key
   */
  public static void require(ByteBuffer payload, byte[] proof) {
    Reading in = new Reading(payload);
    byte[] given = in.bytes(BYTES);
    in.end();
    if (!MessageDigest.isEqual(given, proof)) {
      throw new HeException(
          Reason.PROTOCOL, "the adapter host does not hold the recipient key that it names");
    }
  }
}
