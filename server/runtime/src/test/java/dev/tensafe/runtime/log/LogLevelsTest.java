package dev.tensafe.runtime.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.runtime.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogLevelsTest {
  private static final Logger ROOT = Logger.getLogger("");
  private static final Logger ONE = Logger.getLogger("some.package.One");
  private static final Logger PACKAGE = Logger.getLogger("some.package");

  private final Level before = ROOT.getLevel();
  @TempDir Path dir;

  @AfterEach
  void restore() {
    ROOT.setLevel(before);
    PACKAGE.setLevel(null);
  }

  private Path file(String text) throws Exception {
    return Files.writeString(dir.resolve("levels"), text);
  }

  @Test
  void aFileSetsLevelsAndReadingItAgainSetsOthers() throws Exception {
    Path file = file("# for a look\n\n some.package = DEBUG \nroot=warn\n");
    LogLevels levels = LogLevels.of(file, Level.INFO);
    assertTrue(ONE.isLoggable(Level.FINE));
    assertFalse(ONE.isLoggable(Level.FINER));
    assertFalse(Logger.getLogger("other").isLoggable(Level.INFO));
    file("some.package.One=off\n");
    levels.reload();
    assertNull(PACKAGE.getLevel());
    assertFalse(ONE.isLoggable(Level.SEVERE));
    assertTrue(Logger.getLogger("other").isLoggable(Level.INFO));
    file("");
    levels.reload();
    assertNull(ONE.getLevel());
  }

  @Test
  void aFileThatCannotBeUsedChangesNothing() throws Exception {
    LogLevels levels = LogLevels.of(file("some.package=debug\n"), Level.INFO);
    for (String wrong :
        new String[] {
          "some.package=info\nno line\n",
          "some.package=loud\n",
          "some package=info\n",
          "=info\n",
          "a=info\n".repeat(10_000),
          "x".repeat(300) + "=info\n"
        }) {
      Path file = file(wrong);
      levels.reload();
      assertEquals(Level.FINE, PACKAGE.getLevel(), wrong);
      ConfigException e =
          assertThrows(ConfigException.class, () -> LogLevels.of(file, Level.INFO), wrong);
      assertEquals("config.log-levels", e.code());
    }
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 201; i++) {
      many.append("n").append(i).append("=info\n");
    }
    Path file = file(many.toString());
    assertThrows(ConfigException.class, () -> LogLevels.of(file, Level.INFO));
    Files.delete(file);
    assertThrows(ConfigException.class, () -> LogLevels.of(file, Level.INFO));
  }
}
