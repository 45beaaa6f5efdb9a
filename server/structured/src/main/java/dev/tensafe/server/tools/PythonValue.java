package dev.tensafe.server.tools;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Python literal, written as JSON while it is read: strings, numbers, {@code True}, {@code False}
 * and {@code None} (or as JSON spells them), lists, tuples, dictionaries. Where a separator stands,
 * JSON has one space behind it.
 */
final class PythonValue implements Piece {
  private static final Pattern NUMBER =
      Pattern.compile("(-?)\\+?(\\d*)(?:\\.(\\d*))?([eE][+-]?\\d+)?");

  /** What is to come. */
  private enum Want {
    VALUE,
    KEY,
    COLON,
    NEXT
  }

  private final JsonSpan.Target out;
  private final StringBuilder closers = new StringBuilder();
  private final StringBuilder scalar = new StringBuilder();
  private @Nullable PythonString string;
  private Want want = Want.VALUE;
  private boolean comma;

  /** Whether the bracket that is open may be closed here: nothing is half said. */
  private boolean closable;

  PythonValue(JsonSpan.Target out) {
    this.out = out;
  }

  /** Converts a whole text; false where it is no literal. */
  static boolean convert(String text, StringBuilder json) {
    PythonValue value = new PythonValue(json::append);
    for (int i = 0; i < text.length(); i++) {
      Fate fate = value.read(text.charAt(i));
      if (fate != Fate.MORE) {
        return fate == Fate.LAST && i == text.length() - 1;
      }
    }
    return value.read(' ') == Fate.BEFORE;
  }

  @Override
  public Fate read(char c) {
    if (string != null) {
      Fate fate = string.read(c);
      if (fate == Fate.LAST) {
        string = null;
        return complete();
      }
      return fate;
    }
    if (isOfScalar(c)) {
      scalar.append(c);
      return want == Want.VALUE || want == Want.KEY ? Fate.MORE : Fate.WRONG;
    }
    if (!scalar.isEmpty()) {
      String json = json(scalar.toString());
      if (json == null) {
        return Fate.WRONG;
      }
      begin();
      JsonStrings.plain(want == Want.KEY ? '"' + json + '"' : json, out);
      scalar.setLength(0);
      if (complete() == Fate.LAST) {
        return Fate.BEFORE;
      }
    }
    return Piece.isSpace(c) ? Fate.MORE : mark(c);
  }

  private Fate mark(char c) {
    if (c == ']' || c == '}' || c == ')') {
      return close(c);
    }
    switch (want) {
      case COLON -> {
        want = Want.VALUE;
        JsonStrings.plain(": ", out);
        return c == ':' ? Fate.MORE : Fate.WRONG;
      }
      case NEXT -> {
        comma = true;
        closable = true;
        want = top() == '}' ? Want.KEY : Want.VALUE;
        return c == ',' ? Fate.MORE : Fate.WRONG;
      }
      case VALUE, KEY -> {
        if (c == '"' || c == '\'') {
          begin();
          string = new PythonString(c, out);
          return Fate.MORE;
        }
        return want == Want.VALUE ? open(c) : Fate.WRONG;
      }
    }
    throw new AssertionError(want);
  }

  private Fate open(char c) {
    int kind = "[({".indexOf(c);
    if (kind < 0) {
      return Fate.WRONG;
    }
    begin();
    out.put(c == '(' ? '[' : c);
    closers.append("])}".charAt(kind));
    closable = true;
    want = c == '{' ? Want.KEY : Want.VALUE;
    return Fate.MORE;
  }

  private Fate close(char c) {
    if (closers.isEmpty() || top() != c || !closable) {
      return Fate.WRONG;
    }
    closers.setLength(closers.length() - 1);
    comma = false;
    want = Want.VALUE;
    out.put(c == ')' ? ']' : c);
    return complete();
  }

  /** A value or a key begins. */
  private void begin() {
    if (comma) {
      JsonStrings.plain(", ", out);
    }
    comma = false;
    closable = false;
  }

  /** A value or a key is complete. */
  private Fate complete() {
    if (closers.isEmpty()) {
      return Fate.LAST;
    }
    boolean key = want == Want.KEY;
    want = key ? Want.COLON : Want.NEXT;
    closable = !key;
    return Fate.MORE;
  }

  private char top() {
    return closers.charAt(closers.length() - 1);
  }

  private static boolean isOfScalar(char c) {
    return (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || c == '_'
        || c == '.'
        || c == '+'
        || c == '-';
  }

  private static @Nullable String json(String text) {
    return switch (text) {
      case "True", "true" -> "true";
      case "False", "false" -> "false";
      case "None", "null" -> "null";
      default -> number(text);
    };
  }

  private static @Nullable String number(String text) {
    Matcher number = NUMBER.matcher(text.replace("_", ""));
    if (!number.matches()) {
      return null;
    }
    String whole = number.group(2);
    String fraction = number.group(3);
    boolean digits = !whole.isEmpty() || (fraction != null && !fraction.isEmpty());
    if (!digits || (whole.length() > 1 && whole.charAt(0) == '0')) {
      return null;
    }
    String exponent = number.group(4) == null ? "" : number.group(4);
    String point = fraction == null ? "" : "." + (fraction.isEmpty() ? "0" : fraction);
    return number.group(1) + (whole.isEmpty() ? "0" : whole) + point + exponent;
  }
}
