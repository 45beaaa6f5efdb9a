package dev.tensafe.privacy;

import static java.util.Objects.requireNonNull;

/**
 * The data whose privacy is spent. Who gives the same examples two names has two budgets: a digest
 * of the examples is the better name.
 *
 * @param tenant whose data it is; 1 to {@value #MOST_CHARACTERS} characters
 * @param name a digest, or what the tenant calls it; 1 to {@value #MOST_CHARACTERS} characters
 */
public record DataSetId(String tenant, String name) {
  static final int MOST_CHARACTERS = 200;

  /**
   * Checks the texts.
   *
   * @throws PrivacyException {@code privacy.invalid}
   */
  public DataSetId {
    requireText("tenant", tenant);
    requireText("data set", name);
  }

  static void requireText(String what, String text) {
    requireNonNull(text, what + " is null");
    if (text.isEmpty() || text.length() > MOST_CHARACTERS) {
      throw PrivacyException.invalid(
          "the name of a "
              + what
              + " has "
              + text.length()
              + " characters: it has 1 to "
              + MOST_CHARACTERS);
    }
    if (text.codePoints().anyMatch(c -> Character.isISOControl(c) || isSurrogate(c))) {
      throw PrivacyException.invalid(
          "the name of a " + what + " has a control character or half a character in it");
    }
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
