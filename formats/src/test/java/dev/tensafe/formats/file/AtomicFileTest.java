package dev.tensafe.formats.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are written whole or not at all, and locks on them. */
class AtomicFileTest {
  @TempDir private Path directory;

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aWriteReplacesTheFileAndLeavesNoOther() throws Exception {
    Path file = directory.resolve("a.json");
    AtomicFile.write(file, new byte[] {1});
    AtomicFile.write(file, new byte[] {2, 3});
    assertEquals(List.of("a.json"), names());
    assertEquals(2, Files.size(file));
  }

  @Test
  void aWriteThatFailsLeavesTheFileAsItWas() throws Exception {
    Path file = directory.resolve("a.json");
    Files.writeString(file, "kept");
    assertThrows(
        IOException.class,
        () ->
            AtomicFile.write(
                file,
                channel -> {
                  channel.write(ByteBuffer.allocate(100));
                  throw new IOException("No space left on device");
                }));
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFile.write(
                file,
                channel -> {
                  throw new IllegalStateException();
                }));
    assertEquals("kept", Files.readString(file));
    assertEquals(List.of("a.json"), names());
    assertThrows(
        IOException.class,
        () -> AtomicFile.write(directory.resolve("missing").resolve("a.json"), new byte[1]));
  }

  @Test
  void aSecretFileIsItsOwnersFromTheStart() throws Exception {
    Path file = directory.resolve("keys.json");
    AtomicFile.write(
        file,
        channel -> {
          String temporary = names().get(0);
          assertEquals(
              "rw-------",
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(directory.resolve(temporary))));
        },
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void aNameOfAnyLengthCanBeWritten() throws Exception {
    Path file = directory.resolve("n".repeat(255));
    AtomicFile.write(file, new byte[1]);
    AtomicFile.deleteLeftovers(file);
    assertEquals(1, Files.size(file));
  }
}
