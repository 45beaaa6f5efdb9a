package dev.tensafe.papers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of modules in docs/ARCHITECTURE.md has a row for each module of the build. */
class ModuleTableTest {
  private static Set<String> found(String pattern, Path file) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(Repository.text(file));
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  @Test
  void everyModuleHasARow() {
    Path root = Repository.ours().root();
    Set<String> modules = found("<module>([^<]+)</module>", root.resolve("pom.xml"));
    modules.removeIf(module -> module.startsWith("it/"));
    assertEquals(modules, found("^\\| `([^`]+)` \\|", root.resolve("docs/ARCHITECTURE.md")));
  }
}
