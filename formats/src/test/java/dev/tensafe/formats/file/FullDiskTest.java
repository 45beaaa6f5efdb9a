package dev.tensafe.formats.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.testkit.SmallDisk;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The ways in which files are written, on a disk with less space than they need. */
class FullDiskTest {
  private static final byte[] LONG = new byte[20_000];

  private SmallDisk disk;

  @BeforeEach
  void mount() throws IOException {
    disk = SmallDisk.mount(64);
  }

  @AfterEach
  void unmount() throws IOException {
    if (disk != null) {
      disk.close();
    }
  }

  private Path at(String name) {
    return disk.directory().resolve(name);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(disk.directory())) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(name -> !name.equals("filler"))
          .sorted()
          .toList();
    }
  }

  private static void full(Executable write) {
    IOException e = assertThrows(IOException.class, write);
    assertTrue(NoSpace.causes(e), e.toString());
    assertTrue(NoSpace.causes(new IllegalStateException(new RuntimeException(e))));
  }

  @Test
  void whatIsReplacedStays() throws IOException {
    AtomicFile.write(at("a"), "old".getBytes(UTF_8));
    disk.fill(8192);
    full(() -> AtomicFile.write(at("a"), LONG));
    assertEquals("old", Files.readString(at("a")));
    assertEquals(List.of("a"), names());
    disk.free();
    AtomicFile.write(at("a"), LONG);
    assertEquals(LONG.length, Files.size(at("a")));
  }

  @Test
  void whatIsPreparedNeedsNoSpaceAnyMore() throws IOException {
    AtomicFile.write(at("a"), "old".getBytes(UTF_8));
    try (AtomicFile.Prepared kept = AtomicFile.prepare(at("a"), "new".getBytes(UTF_8));
        AtomicFile.Prepared unusedDropped = AtomicFile.prepare(at("b"), "new".getBytes(UTF_8))) {
      disk.fill(0);
      kept.commit();
    }
    assertEquals("new", Files.readString(at("a")));
    assertEquals(List.of("a"), names());
  }

  @Test
  void whatIsCreatedIsThereWholeOrNotAtAll() throws IOException {
    disk.fill(8192);
    full(() -> AtomicFile.create(at("a"), LONG));
    assertEquals(List.of(), names());
    disk.free();
    AtomicFile.create(at("a"), LONG);
    assertThrows(FileAlreadyExistsException.class, () -> AtomicFile.create(at("a"), new byte[1]));
    assertEquals(LONG.length, Files.size(at("a")));
  }

  @Test
  void aLineThatDoesNotFitLeavesNoPartOfItself() throws IOException {
    AppendedFile.append(at("a"), "one");
    disk.fill(4096);
    String longer = "x".repeat(LONG.length);
    full(() -> AppendedFile.append(at("a"), longer));
    full(() -> AppendedFile.appendDurably(at("a"), longer));
    assertEquals("one\n", Files.readString(at("a")));
    disk.free();
    AppendedFile.appendDurably(at("a"), "two");
    Files.writeString(at("b"), "left open");
    AppendedFile.append(at("b"), "next");
    assertEquals("one\ntwo\n", Files.readString(at("a")));
    assertEquals("left open\nnext\n", Files.readString(at("b")));
  }

  @Test
  void tensorsThatDoNotFitLeaveNoFile() throws IOException {
    disk.fill(8192);
    List<SafetensorsWriter.Entry> entries =
        List.of(SafetensorsWriter.Entry.ofFloats("w", List.of(10_000L), new float[10_000]));
    full(() -> SafetensorsWriter.write(at("a"), Map.of(), entries));
    assertEquals(List.of(), names());
  }

  @Test
  void otherErrorsAreNotTakenForAFullDisk() {
    assertFalse(NoSpace.causes(null));
    assertFalse(NoSpace.causes(new IOException("Input/output error")));
    assertFalse(NoSpace.causes(new IllegalStateException("No space left on device")));
    assertFalse(NoSpace.causes(new FileSystemException("a", null, "No such file or directory")));
    assertTrue(NoSpace.causes(new FileSystemException("a", null, "Disk quota exceeded")));
  }
}
