package dev.tensafe.papers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Decisions are numbered without gaps, have the same five sections, and are in the index. */
class DecisionTest {
  private static final List<String> SECTIONS =
      List.of("## Context", "## Decision", "## Numbers", "## Rejected", "## Consequences");

  @Test
  void decisionsAreNumberedCompleteAndListed() {
    Repository repository = Repository.ours();
    String index = Repository.text(repository.root().resolve("docs/adr/README.md"));
    List<Path> decisions =
        repository.files().stream()
            .filter(file -> repository.name(file).matches("docs/adr/[0-9]{4}-.*\\.md"))
            .toList();
    assertTrue(decisions.size() > 25, decisions.size() + " decisions");
    for (int i = 0; i < decisions.size(); i++) {
      String name = decisions.get(i).getFileName().toString();
      String title = Repository.text(decisions.get(i)).split("\n", 2)[0];
      assertEquals(i + 1, Integer.parseInt(name.substring(0, 4)), name);
      assertTrue(title.startsWith("# " + (i + 1) + ". "), name + " begins with: " + title);
      assertTrue(index.contains("[" + title.substring(2) + "](" + name + ")"), name);
      assertEquals(
          SECTIONS,
          Repository.text(decisions.get(i)).lines().filter(line -> line.startsWith("## ")).toList(),
          name);
    }
  }
}
