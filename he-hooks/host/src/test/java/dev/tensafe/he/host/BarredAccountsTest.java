package dev.tensafe.he.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.HeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of accounts that are not served. */
class BarredAccountsTest {
  private static final String LINE =
      "{\"account\":\"user:ada\",\"time\":\"2026-11-26T10:00:00Z\",\"reason\":\"a key\"}";

  @TempDir Path directory;

  private BarredAccounts open(Path file) {
    return BarredAccounts.open(file, () -> Instant.parse("2026-11-26T10:00:00Z"));
  }

  @Test
  void anAccountIsALineUntilTheOperatorRemovesIt() throws Exception {
    Path file = directory.resolve("barred");
    BarredAccounts barred = open(file);
    assertEquals(0, barred.count());
    barred.add("user:ada", "a key");
    barred.add("user:ada", "another key");
    barred.add("subject:CN=\"x\\\",y\"|issuer:CN=ca", "a key");
    List<String> lines = Files.readAllLines(file);
    assertEquals(2, lines.size());
    assertEquals(LINE, lines.get(0));
    BarredAccounts again = open(file);
    assertTrue(again.contains("user:ada"));
    assertTrue(again.contains("subject:CN=\"x\\\",y\"|issuer:CN=ca"));
    assertFalse(again.contains("user:bob"));
    Files.write(file, lines.subList(1, 2));
    assertFalse(open(file).contains("user:ada"));
  }

  @Test
  void aLastLineWithoutItsEndIsNotWrittenOn() throws Exception {
    Path file = directory.resolve("barred");
    Files.writeString(file, "\n" + LINE);
    open(file).add("user:bob", "a key");
    assertEquals(2, open(file).count());
  }

  @Test
  void aLastLineThatACrashHasTornIsDroppedAndTheRestKept() throws Exception {
    byte[] line = LINE.replace("ada", "zoë").getBytes(UTF_8);
    for (int kept = 1; kept < line.length; kept++) {
      Path file = directory.resolve("barred");
      Files.writeString(file, LINE + "\n");
      Files.write(file, Arrays.copyOf(line, kept), StandardOpenOption.APPEND);
      BarredAccounts barred = open(file);
      assertEquals(1, barred.count(), kept + " bytes");
      barred.add("user:bob", "a key");
      assertEquals(2, open(file).count(), kept + " bytes");
      assertEquals(2, Files.readAllLines(file).size());
    }
  }

  @Test
  void whatCannotBeUnderstoodIsAnErrorAndWhatCannotBeWrittenStillBars() throws Exception {
    Path file = directory.resolve("barred");
    for (String line : List.of("user:ada", "{}", "{\"account\":\"\"}", "{\"account\": 1", "[]")) {
      Files.writeString(file, LINE + "\n" + line + "\n");
      HeException e = assertThrows(HeException.class, () -> open(file));
      assertEquals("he.storage", e.code());
      assertTrue(e.description().contains("line 2"), e.description());
    }
    BarredAccounts nowhere = open(directory.resolve("gone").resolve("barred"));
    nowhere.add("user:ada", "a key");
    assertTrue(nowhere.contains("user:ada"));
  }
}
