package dev.tensafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A directory for files of a measurement, which goes with them. */
public record ScratchDirectory(Path path) implements AutoCloseable {
  /**
   * Makes one.
   *
   * @throws BenchException {@code bench.scratch}
   */
  public static ScratchDirectory make() {
    try {
      return new ScratchDirectory(Files.createTempDirectory("tensafe-bench"));
    } catch (IOException e) {
      throw new BenchException("bench.scratch", "cannot make a directory: " + e, e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> all = Files.walk(path)) {
      List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new BenchException("bench.scratch", "cannot delete " + path + ": " + e, e);
    }
  }
}
