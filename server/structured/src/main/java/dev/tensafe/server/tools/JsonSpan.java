package dev.tensafe.server.tools;

import org.jspecify.annotations.Nullable;

/**
 * The extent of a JSON value, by its quotation marks and brackets: what is written between them is
 * not judged, so that a value with a slip still comes whole.
 */
final class JsonSpan implements Piece {
  /** Where characters go. */
  interface Target {
    void put(char c);
  }

  private final @Nullable Target target;
  private final StringBuilder closers = new StringBuilder();
  private boolean begun;
  private boolean scalar;
  private boolean string;
  private boolean escaped;

  /**
   * @param target gets the value as it is written; null for nobody
   */
  JsonSpan(@Nullable Target target) {
    this.target = target;
  }

  @Override
  public Fate read(char c) {
    Fate fate = fate(c);
    if (target != null && (fate == Fate.MORE || fate == Fate.LAST)) {
      target.put(c);
    }
    return fate;
  }

  private Fate fate(char c) {
    if (string) {
      return inString(c);
    }
    if (scalar) {
      return isOfScalar(c) ? Fate.MORE : Fate.BEFORE;
    }
    switch (c) {
      case '"' -> string = true;
      case '{' -> closers.append('}');
      case '[' -> closers.append(']');
      case '}', ']' -> {
        int top = closers.length() - 1;
        if (top < 0 || closers.charAt(top) != c) {
          return Fate.WRONG;
        }
        closers.setLength(top);
        return top == 0 ? Fate.LAST : Fate.MORE;
      }
      default -> {
        scalar = !begun;
        if (scalar && !isOfScalar(c)) {
          return Fate.WRONG;
        }
      }
    }
    begun = true;
    return Fate.MORE;
  }

  private Fate inString(char c) {
    if (escaped) {
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      string = false;
      return closers.isEmpty() ? Fate.LAST : Fate.MORE;
    }
    return Fate.MORE;
  }

  /** Of numbers, {@code true}, {@code false}, {@code null}, and what models write for them. */
  private static boolean isOfScalar(char c) {
    return (c >= '0' && c <= '9')
        || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || c == '-'
        || c == '+'
        || c == '.'
        || c == '_';
  }
}
