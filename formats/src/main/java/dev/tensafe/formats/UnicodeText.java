package dev.tensafe.formats;

/** Texts of Java are UTF-16 and may hold half a pair, which no UTF-8 can say (RFC 3629, 3). */
public final class UnicodeText {
  private UnicodeText() {}

  /** Where the first surrogate without its other half is; −1 if the text is well formed. */
  public static int loneSurrogate(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return i;
      }
    }
    return -1;
  }
}
