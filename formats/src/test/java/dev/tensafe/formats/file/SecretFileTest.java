package dev.tensafe.formats.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFileTest {
  @TempDir private Path dir;

  private Optional<String> exposure(String permissions) throws IOException {
    Path file = Files.writeString(dir.resolve("k.key"), "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    Optional<String> open = SecretFile.exposure(file);
    open.ifPresent(
        text -> {
          assertTrue(text.startsWith(file + " is open to "), text);
          assertTrue(text.contains("(" + permissions + "); close it: chmod 600 " + file), text);
        });
    Files.delete(file);
    return open;
  }

  @Test
  void whatOthersOrTheGroupMayReachIsOpen() throws IOException {
    for (String open : new String[] {"rw-r--r--", "rw----r--", "rw-----w-", "rw-r-----"}) {
      assertTrue(exposure(open).isPresent(), open);
    }
    for (String closed : new String[] {"rw-------", "r--------", "rwx------"}) {
      assertEquals(Optional.empty(), exposure(closed), closed);
    }
  }

  @Test
  void theOwnerOfALinkedFileCountsAndWhatIsMissingIsNotOpen() throws IOException {
    Path file = Files.writeString(dir.resolve("secret"), "x");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Path link = Files.createSymbolicLink(dir.resolve("link"), file);
    assertTrue(SecretFile.exposure(link).isPresent());
    assertEquals(Optional.empty(), SecretFile.exposure(dir.resolve("none")));
  }
}
