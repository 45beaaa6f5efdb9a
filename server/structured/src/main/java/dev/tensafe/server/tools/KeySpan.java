package dev.tensafe.server.tools;

/** The name of a parameter, up to the end of its mark. */
final class KeySpan implements Piece {
  private static final int LONGEST = 256;

  private final StringBuilder key = new StringBuilder();

  String key() {
    return key.toString();
  }

  /** Whether a name can be written. */
  static boolean isKey(String name) {
    return !name.isEmpty() && name.length() <= LONGEST && name.chars().noneMatch(KeySpan::ends);
  }

  private static boolean ends(int c) {
    return c == '>' || c == '<' || c == '\n';
  }

  @Override
  public Fate read(char c) {
    if (c == '>') {
      return key.isEmpty() ? Fate.WRONG : Fate.BEFORE;
    }
    key.append(c);
    return ends(c) || key.length() > LONGEST ? Fate.WRONG : Fate.MORE;
  }
}
