package dev.tensafe.server.tools;

/** A name of a tool, or what is like one: letters, digits, underscores, hyphens and dots. */
final class NameSpan implements Piece {
  private final StringBuilder name = new StringBuilder();

  String name() {
    return name.toString();
  }

  /** Whether a name can be written. */
  static boolean isName(String name) {
    return !name.isEmpty()
        && name.length() <= Tool.LONGEST_NAME
        && name.chars().allMatch(c -> Tool.isOfName(c) || c == '.');
  }

  @Override
  public Fate read(char c) {
    if (Tool.isOfName(c) || c == '.') {
      name.append(c);
      return name.length() <= Tool.LONGEST_NAME ? Fate.MORE : Fate.WRONG;
    }
    return name.isEmpty() ? Fate.WRONG : Fate.BEFORE;
  }
}
