package dev.tensafe.papers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * No line comment is broken off in the middle of a sentence. The formatter does that to a comment
 * longer than its limit: the words that overflow get a line of their own.
 */
class CommentTest {
  private static final int SHORT = 60;

  private static List<String> brokenOff(String name, String source) {
    List<String> faults = new ArrayList<>();
    String[] lines = source.split("\n");
    for (int i = 0; i + 1 < lines.length; i++) {
      String line = lines[i].stripTrailing();
      boolean continues = lines[i + 1].matches("\\s*// \\S.*");
      boolean inSentence = line.matches("\\s*// .*[\\p{L}\\p{N}]");
      if (inSentence && continues && line.length() < SHORT) {
        faults.add(name + ":" + (i + 1) + ": " + line.strip());
      }
    }
    return faults;
  }

  @Test
  void noCommentIsBrokenOff() {
    Repository repository = Repository.ours();
    List<String> faults = new ArrayList<>();
    repository
        .endingWith(".java", ".cpp", ".hpp")
        .forEach(file -> faults.addAll(brokenOff(repository.name(file), Repository.text(file))));
    assertEquals(List.of(), faults);
  }

  @Test
  void aBrokenCommentIsFound() {
    String source =
        """
        # A sentence that is long and goes to the end of its line, where it was cut,
        # and
        # goes on. A short line that ends a sentence.
        # Another sentence
        int x; # a remark
        # ends here
        """
            .replace("#", "//");
    assertEquals(List.of("A.java:2: // and"), brokenOff("A.java", source));
  }
}
