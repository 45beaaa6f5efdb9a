package dev.tensafe.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.CodedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of API keys as keys are added to it. */
class ApiKeysTest {
  @TempDir private Path directory;

  private void add(Path file, String name) throws Exception {
    ApiKeys.add(file, name, EnumSet.allOf(ApiKeys.Scope.class));
  }

  @Test
  void keysAreAddedToAFileThatOnlyItsOwnerCanRead() throws Exception {
    Path file = directory.resolve("keys.json");
    add(file, "first");
    add(file, "second");
    String text = Files.readString(file);
    assertTrue(text.contains("first") && text.contains("second"), text);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  /** A link to itself stands for whatever is there but cannot be looked at. */
  @Test
  void aFileThatCannotBeReadIsNotReplaced() throws Exception {
    Path file = directory.resolve("keys.json");
    Files.createSymbolicLink(file, file.getFileName());
    assertThrows(CodedException.class, () -> add(file, "first"));
    assertTrue(Files.isSymbolicLink(file));
  }
}
