package dev.tensafe.training.out;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Directories and files that are there whole or not at all, after a crash too. */
public final class AtomicDirectory {
  /** The prefix of files that are still being written. */
  private static final String PARTIAL = ".partial-";

  private AtomicDirectory() {}

  /** Writes into a directory. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path directory) throws IOException;
  }

  /**
   * Makes a directory with its content; one that is there under the name is replaced. A failure
   * leaves what was there, and nothing new.
   */
  public static void create(Path directory, Content content) throws IOException {
    Path parent = requireNonNull(directory.toAbsolutePath().getParent(), "a root directory");
    Path partial = parent.resolve(PARTIAL + directory.getFileName());
    Files.createDirectories(parent);
    write(partial, content);
    force(partial);
    delete(directory);
    Files.move(partial, directory, StandardCopyOption.ATOMIC_MOVE);
    force(parent);
  }

  /**
   * Puts files into a directory, each of them whole: they are written under temporary names and
   * moved when all of them are on disk. Other files stay. A failure before that changes nothing.
   */
  public static void fill(Path directory, Content content) throws IOException {
    Files.createDirectories(directory);
    Path partial = directory.resolve(PARTIAL + "files");
    write(partial, content);
    for (Path file : children(partial)) {
      Files.move(
          file,
          directory.resolve(file.getFileName()),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
    delete(partial);
    force(directory);
  }

  /** Writes files into a directory of their own, durably; if that fails, it is deleted. */
  private static void write(Path partial, Content content) throws IOException {
    delete(partial);
    Files.createDirectory(partial);
    boolean written = false;
    try {
      content.writeTo(partial);
      for (Path file : children(partial)) {
        force(file);
      }
      written = true;
    } finally {
      if (!written) {
        delete(partial);
      }
    }
  }

  /** Deletes what a crash left half written in a directory. */
  public static void deletePartial(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      for (Path path : children(directory)) {
        if (path.getFileName().toString().startsWith(PARTIAL)) {
          delete(path);
        }
      }
    }
  }

  /** Deletes a directory with its files, if it is there. */
  public static void delete(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    for (Path file : children(directory)) {
      delete(file);
      Files.deleteIfExists(file);
    }
    try {
      Files.deleteIfExists(directory);
    } catch (DirectoryNotEmptyException e) {
      throw new IOException(directory + " is written to by somebody else", e);
    }
  }

  private static List<Path> children(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  private static void force(Path path) throws IOException {
    StandardOpenOption mode =
        Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
    try (FileChannel channel = FileChannel.open(path, mode)) {
      channel.force(true);
    }
  }
}
