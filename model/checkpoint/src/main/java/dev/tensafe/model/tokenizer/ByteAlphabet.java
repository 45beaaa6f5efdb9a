package dev.tensafe.model.tokenizer;

/**
 * The alphabet of byte-level tokenizers, which write each byte in their vocabulary as one printable
 * character (openai/gpt-2, {@code encoder.py}, {@code bytes_to_unicode}).
 */
public final class ByteAlphabet {
  private static final int[] CHARACTERS = characters();

  private ByteAlphabet() {}

  /**
   * The character for a byte: itself where printable, else U+0100 plus its rank among those that
   * are not.
   *
   * @param value 0 to 255
   */
  public static String of(int value) {
    if (value < 0 || value > 255) {
      throw new IllegalArgumentException("not a byte: " + value);
    }
    return Character.toString(CHARACTERS[value]);
  }

  /** The byte, 0 to 255, that a character stands for, or −1 when it stands for none. */
  static int value(int character) {
    if (character < 256) {
      return CHARACTERS[character] == character ? character : -1;
    }
    for (int value = 0; value < 256; value++) {
      if (CHARACTERS[value] == character) {
        return value;
      }
    }
    return -1;
  }

  private static int[] characters() {
    int[] out = new int[256];
    int rank = 0;
    for (int i = 0; i < 256; i++) {
      boolean printable = (i >= '!' && i <= '~') || (i >= 0xa1 && i <= 0xac) || i >= 0xae;
      out[i] = printable ? i : 256 + rank++;
    }
    return out;
  }
}
