package dev.tensafe.model.tokenizer;

/**
 * How byte-level tokenizers write bytes in their vocabulary: each as one printable character
 * (openai/gpt-2, {@code encoder.py}, {@code bytes_to_unicode}).
 */
public final class ByteAlphabet {
  private ByteAlphabet() {}

  /**
   * The character for a byte: itself where printable, else U+0100 plus its rank among those that
   * are not.
   *
   * @param value 0 to 255
   */
  public static String of(int value) {
    int rank = 0;
    for (int i = 0; i < 256; i++) {
      boolean plain = (i >= '!' && i <= '~') || (i >= 0xa1 && i <= 0xac) || i >= 0xae;
      if (i == value) {
        return Character.toString(plain ? i : 256 + rank);
      }
      rank += plain ? 0 : 1;
    }
    throw new IllegalArgumentException("not a byte: " + value);
  }
}
