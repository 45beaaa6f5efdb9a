package dev.tensafe.server.tools;

/** The name of a parameter, up to the end of its mark. */
final class KeySpan implements Piece {
  private static final int LONGEST = 256;

  private final StringBuilder key = new StringBuilder();

  String key() {
    return key.toString();
  }

  @Override
  public Fate read(char c) {
    if (c == '>') {
      return key.isEmpty() ? Fate.WRONG : Fate.BEFORE;
    }
    key.append(c);
    return c == '<' || c == '\n' || key.length() > LONGEST ? Fate.WRONG : Fate.MORE;
  }
}
