package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.regex.CodePoints;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;

/** Texts of a {@code format} outside of JSON: without quotation marks and escapes. Stateless. */
public final class FormatTexts {
  private FormatTexts() {}

  /**
   * The texts of a format, in UTF-8.
   *
   * @return every text for a format that is not enforced
   */
  public static int of(Regexes regexes, String format) {
    if (!Formats.isEnforced(format)) {
      return regexes.everything();
    }
    int id = Pattern.whole(regexes, Encoding.UTF_8, Formats.pattern(format), "");
    if (!format.equals("hostname")) {
      return id;
    }
    int character = Encoding.UTF_8.character(regexes, CodePoints.ALL);
    return regexes.all(id, regexes.repeat(character, 1, Formats.LONGEST_HOST));
  }
}
