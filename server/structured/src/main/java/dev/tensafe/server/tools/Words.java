package dev.tensafe.server.tools;

import java.util.List;

/** One of several texts, none of which begins another. */
final class Words implements Piece {
  private final List<String> words;
  private int length;
  private String last;

  Words(String... words) {
    this.words = List.of(words);
    this.last = words[0];
  }

  /** The text that was read; of several, once it is complete. */
  String word() {
    return last;
  }

  @Override
  public Fate read(char c) {
    for (String word : words) {
      if (word.startsWith(last.substring(0, length)) && word.charAt(length) == c) {
        last = word;
        length++;
        return length == word.length() ? Fate.LAST : Fate.MORE;
      }
    }
    return Fate.WRONG;
  }
}
