package dev.tensafe.server.tools;

/** JSON strings where a model wrote something else. Stateless. */
final class JsonStrings {
  private static final String SHORT = "\"\\\b\f\n\r\t";
  private static final String LETTERS = "\"\\bfnrt";

  private JsonStrings() {}

  /** A whole string, with its quotation marks. */
  static void write(String text, JsonSpan.Target out) {
    out.put('"');
    for (int i = 0; i < text.length(); i++) {
      write(text.charAt(i), out);
    }
    out.put('"');
  }

  /** A character within a string: RFC 8259, section 7; nothing is escaped that need not be. */
  static void write(char c, JsonSpan.Target out) {
    int known = SHORT.indexOf(c);
    if (known >= 0) {
      out.put('\\');
      out.put(LETTERS.charAt(known));
    } else if (c < 0x20) {
      escape(c, out);
    } else {
      out.put(c);
    }
  }

  /** A UTF-16 unit by its number. */
  static void escape(int unit, JsonSpan.Target out) {
    plain(String.format("\\u%04x", unit), out);
  }

  /** A text as it is. */
  static void plain(String text, JsonSpan.Target out) {
    for (int i = 0; i < text.length(); i++) {
      out.put(text.charAt(i));
    }
  }
}
