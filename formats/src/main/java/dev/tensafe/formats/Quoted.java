package dev.tensafe.formats;

import static java.util.Objects.requireNonNull;

/**
 * A value that somebody typed, for the message that refuses it: in quotes, short, and without
 * control characters, which would reach a terminal. Stateless.
 */
public final class Quoted {
  private static final int MAX_LENGTH = 80;

  private Quoted() {}

  /** The value in single quotes, cut after 80 characters. */
  public static String of(String value) {
    return "'" + bare(value) + "'";
  }

  /** As {@link #of}, without quotes: for names. */
  public static String bare(String value) {
    requireNonNull(value, "value is null");
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (int shown = 0; at < value.length() && shown < MAX_LENGTH; shown++) {
      int point = value.codePointAt(at);
      out.appendCodePoint(hidden(point) ? '?' : point);
      at += Character.charCount(point);
    }
    return at < value.length() ? out + "…" : out.toString();
  }

  private static boolean hidden(int point) {
    int type = Character.getType(point);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.SURROGATE
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }
}
