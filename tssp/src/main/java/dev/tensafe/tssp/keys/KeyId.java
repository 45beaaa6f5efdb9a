package dev.tensafe.tssp.keys;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tensafe.tssp.crypto.Digests;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Names a public key: SHA-256(label ‖ 00 ‖ key bytes), 64 lowercase hexadecimal digits.
 *
 * @param hex the digits
 */
public record KeyId(String hex) implements Comparable<KeyId> {
  /** The form of {@link #hex}. */
  public static final Pattern PATTERN = Pattern.compile("[0-9a-f]{64}");

  public KeyId {
    if (!PATTERN.matcher(hex).matches()) {
      throw new IllegalArgumentException("a key id has 64 lowercase hexadecimal digits");
    }
  }

  static KeyId of(String label, byte[]... key) {
    byte[][] pieces = new byte[key.length + 1][];
    pieces[0] = (label + "\0").getBytes(US_ASCII);
    System.arraycopy(key, 0, pieces, 1, key.length);
    return new KeyId(HexFormat.of().formatHex(Digests.sha256(pieces)));
  }

  /** The 32 bytes. */
  public byte[] bytes() {
    return HexFormat.of().parseHex(hex);
  }

  @Override
  public int compareTo(KeyId other) {
    return hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return hex;
  }
}
