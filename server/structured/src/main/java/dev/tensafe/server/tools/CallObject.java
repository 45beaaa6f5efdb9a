package dev.tensafe.server.tools;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One call as a JSON object of name and arguments, in either order. The call begins as soon as its
 * name is read; arguments that stand before it are kept until then.
 */
final class CallObject implements Piece {
  /** Fields that arguments are called by. */
  private static final Set<String> ARGUMENTS = Set.of("arguments", "parameters");

  /** Where it is. */
  private enum At {
    OPEN,
    KEY,
    COLON,
    VALUE,
    NEXT
  }

  private final CallSink calls;
  private final boolean nameFirst;
  private At at = At.OPEN;
  private @Nullable JsonSpan span;
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder early = new StringBuilder();
  private String key = "";
  private boolean named;
  private boolean argued;

  /**
   * @param nameFirst whether an object with anything but {@code "type": "function"} before its name
   *     is none: for formats without a marker, where any object of a text could be a call
   */
  CallObject(CallSink calls, boolean nameFirst) {
    this.calls = calls;
    this.nameFirst = nameFirst;
  }

  @Override
  public Fate read(char c) {
    if (span != null) {
      Fate fate = span.read(c);
      if (fate == Fate.MORE || fate == Fate.WRONG) {
        return fate;
      }
      span = null;
      if (!complete()) {
        return Fate.WRONG;
      }
      if (fate == Fate.LAST) {
        return Fate.MORE;
      }
    }
    if (at != At.OPEN && Piece.isSpace(c)) {
      return Fate.MORE;
    }
    switch (at) {
      case OPEN -> {
        at = At.KEY;
        return c == '{' ? Fate.MORE : Fate.WRONG;
      }
      case KEY -> {
        if (c == '}') {
          return end();
        }
        text.setLength(0);
        span = new JsonSpan(text::append);
        return c == '"' ? span.read(c) : Fate.WRONG;
      }
      case COLON -> {
        at = At.VALUE;
        return c == ':' ? Fate.MORE : Fate.WRONG;
      }
      case VALUE -> {
        text.setLength(0);
        span = new JsonSpan(target());
        return span.read(c);
      }
      case NEXT -> {
        at = At.KEY;
        return c == ',' ? Fate.MORE : c == '}' ? end() : Fate.WRONG;
      }
    }
    throw new AssertionError(at);
  }

  private JsonSpan.@Nullable Target target() {
    if (!named && (key.equals("name") || nameFirst)) {
      return text::append;
    }
    if (ARGUMENTS.contains(key) && !argued) {
      argued = true;
      return named ? calls::arguments : early::append;
    }
    return null;
  }

  /** After a key or a value; false where it makes the object something else than a call. */
  private boolean complete() {
    if (at == At.KEY) {
      key = text.substring(1, text.length() - 1);
      at = At.COLON;
      return named || !nameFirst || key.equals("name") || key.equals("type");
    }
    at = At.NEXT;
    if (!key.equals("name") || named) {
      return named || !nameFirst || text.toString().equals("\"function\"");
    }
    String name = text.charAt(0) == '"' ? text.substring(1, text.length() - 1) : "";
    if (calls.tool(name) == null) {
      return false;
    }
    named = true;
    calls.begin(name);
    calls.arguments(early);
    return true;
  }

  private Fate end() {
    if (!named) {
      return Fate.WRONG;
    }
    if (!argued) {
      calls.arguments("{}");
    }
    calls.end();
    return Fate.LAST;
  }
}
