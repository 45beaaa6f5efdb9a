package dev.tensafe.formats.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines that a crash has left torn: of a line, any part of it; whole lines stay as they are. */
class AppendedFileTest {
  @TempDir private Path dir;

  private static boolean whole(byte[] line) {
    return new String(line, StandardCharsets.UTF_8).endsWith(";");
  }

  private long dropped(Path file, String text) throws Exception {
    Files.writeString(file, text);
    return AppendedFile.dropTorn(file, AppendedFileTest::whole);
  }

  @Test
  void onlyALastLineWithoutItsEndThatIsNotWholeIsDropped() throws Exception {
    Path file = dir.resolve("lines");
    for (String before : new String[] {"", "\n", "one;\n", "torn\ntwo;\n\n"}) {
      assertEquals(0, dropped(file, before));
      assertEquals(before, Files.readString(file));
      assertEquals(0, dropped(file, before + "last;"));
      assertEquals(before + "last;", Files.readString(file));
      assertEquals(3, dropped(file, before + "las"));
      assertEquals(before, Files.readString(file));
    }
  }

  /** The end of the line before is looked for in parts of 4096 bytes. */
  @Test
  void tornLinesOfAnyLengthAreDropped() throws Exception {
    Path file = dir.resolve("lines");
    for (int length : new int[] {1, 4094, 4095, 4096, 4097, 8191, 8192, 8193, 20_000}) {
      for (String before : new String[] {"", "one;\n", "x".repeat(9000) + ";\n"}) {
        assertEquals(
            length, dropped(file, before + "é".repeat(length / 2) + "x".repeat(length % 2)));
        assertEquals(before, Files.readString(file));
      }
    }
  }

  @Test
  void aFileThatIsNotThereIsNotMade() throws Exception {
    assertEquals(0, AppendedFile.dropTorn(dir.resolve("none"), AppendedFileTest::whole));
    assertFalse(Files.exists(dir.resolve("none")));
  }
}
