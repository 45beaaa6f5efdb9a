package dev.tensafe.formats.regex;

/** The flags of a part of an expression that make a difference here. */
record RegexFlags(boolean ignoreCase, boolean multiline, boolean dotAll) {
  static final RegexFlags NONE = new RegexFlags(false, false, false);

  /**
   * Flags turned on and off.
   *
   * @param global for the whole expression, not for a group
   */
  record Change(String on, String off, boolean global) {
    RegexFlags apply(RegexFlags flags) {
      return new RegexFlags(
          apply('i', flags.ignoreCase()),
          apply('m', flags.multiline()),
          apply('s', flags.dotAll()));
    }

    private boolean apply(char flag, boolean before) {
      return on.indexOf(flag) >= 0 || (before && off.indexOf(flag) < 0);
    }
  }

  /** Reads from after {@code (?} to the colon or the bracket. */
  static Change read(RegexSource source, int start) {
    StringBuilder on = new StringBuilder();
    StringBuilder off = new StringBuilder();
    boolean turnOff = false;
    while (true) {
      if (source.atEnd()) {
        throw source.malformed("unfinished flags, '" + source.since(start) + "'");
      }
      int c = source.next();
      boolean none = on.isEmpty() && off.isEmpty();
      if (c == ':' && (!turnOff || !off.isEmpty()) && !none) {
        return new Change(on.toString(), off.toString(), false);
      }
      if (c == ')' && !turnOff && !none) {
        return new Change(on.toString(), "", true);
      }
      if (c == '-' && !turnOff) {
        turnOff = true;
        continue;
      }
      if (c == 'x') {
        throw source.unsupported("a verbose expression", source.since(start));
      }
      // a and u agree on ASCII; L is for bytes
      boolean known = turnOff ? "ims".indexOf(c) >= 0 : "aimsu".indexOf(c) >= 0;
      String other = c == 'a' ? "u" : c == 'u' ? "a" : "";
      if (!known
          || (turnOff && on.indexOf(Character.toString(c)) >= 0)
          || (!other.isEmpty() && on.indexOf(other) >= 0)) {
        throw source.malformed("the unknown extension '" + source.since(start) + "'");
      }
      (turnOff ? off : on).appendCodePoint(c);
    }
  }
}
