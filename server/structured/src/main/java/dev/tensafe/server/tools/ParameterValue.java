package dev.tensafe.server.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Set;

/**
 * The value of a parameter as text between marks, and its closing mark. One line break behind the
 * first mark and one before the last belong to them.
 *
 * <p>What the text means depends on the types its schema allows. Where strings are among them, or
 * nothing is said, it is a string, and goes out as it comes; only {@code null} may be null. Else it
 * is JSON, and goes out as it was written when it is complete; failing that a Python literal, and
 * failing that a string.
 */
final class ParameterValue implements Piece {
  private static final ObjectReader READER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build().reader();

  private static final String MARK = "</parameter>";
  private static final String NULL = "null";

  private final JsonSpan.Target out;
  private final boolean isText;
  private final boolean nullable;

  /** A line break and the beginning of the mark, if it is one. */
  private final StringBuilder held = new StringBuilder();

  /** Text that is not given yet: all of it for JSON, what may be null for strings. */
  private final StringBuilder kept = new StringBuilder();

  private int matched;
  private boolean structured;
  private boolean inString;
  private boolean escaped;
  private boolean begun;
  private boolean opened;

  ParameterValue(Set<ValueType> types, JsonSpan.Target out) {
    this.out = out;
    this.isText = types.isEmpty() || types.contains(ValueType.STRING);
    this.nullable = types.contains(ValueType.NULL);
  }

  @Override
  public Fate read(char c) {
    if (!begun) {
      begun = true;
      if (c == '\n') {
        return Fate.MORE;
      }
    }
    if (inString) {
      value(c);
      return Fate.MORE;
    }
    if (MARK.charAt(matched) == c) {
      held.append(c);
      if (++matched == MARK.length()) {
        end();
        return Fate.LAST;
      }
      return Fate.MORE;
    }
    boolean again = matched > 0;
    matched = 0;
    for (int i = 0; i < held.length(); i++) {
      value(held.charAt(i));
    }
    held.setLength(0);
    if (again) {
      // the mark's first character is nowhere else in it
      return read(c);
    }
    if (c == '\n') {
      held.append(c);
    } else {
      value(c);
    }
    return Fate.MORE;
  }

  /** Follows strings of objects and arrays: a mark within them is none. */
  private void quotes(char c) {
    structured |= kept.isEmpty() && (c == '{' || c == '[');
    if (escaped) {
      escaped = false;
    } else if (structured && c == '"') {
      inString = !inString;
    } else {
      escaped = inString && c == '\\';
    }
  }

  private void value(char c) {
    if (!isText) {
      quotes(c);
    }
    if (!isText || (nullable && !opened)) {
      kept.append(c);
      if (!isText || NULL.startsWith(kept.toString())) {
        return;
      }
      open();
    } else {
      open();
      JsonStrings.write(c, out);
    }
  }

  private void open() {
    if (!opened) {
      opened = true;
      out.put('"');
      write(kept);
    }
  }

  private void write(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      JsonStrings.write(text.charAt(i), out);
    }
  }

  private void end() {
    if (!isText) {
      data(kept.toString().strip());
    } else if (nullable && !opened && NULL.contentEquals(kept)) {
      JsonStrings.plain(NULL, out);
    } else {
      open();
      out.put('"');
    }
  }

  private void data(String text) {
    if (isJson(text)) {
      JsonStrings.plain(text, out);
      return;
    }
    StringBuilder json = new StringBuilder();
    if (PythonValue.convert(text, json)) {
      JsonStrings.plain(json.toString(), out);
    } else {
      JsonStrings.write(text, out);
    }
  }

  private static boolean isJson(String text) {
    try {
      return !READER.readTree(text).isMissingNode();
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
