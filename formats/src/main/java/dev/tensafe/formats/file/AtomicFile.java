package dev.tensafe.formats.file;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.UUID;

/**
 * Files that appear whole or not at all, also after a crash. The content goes into a temporary file
 * beside the target, is forced to disk, and the file is renamed over the target. Stateless.
 */
public final class AtomicFile {
  private static final String SUFFIX = ".tmp";
  private static final int UUID_LENGTH = 36;
  private static final int MAX_PREFIX = 48;

  private AtomicFile() {}

  /** Fills a new, empty file that is open for writing. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Writes a file. A failure leaves the target as it was, or whole and new if only the rename could
   * not be forced to disk, and no other file behind.
   *
   * @param attributes of the new file, such as its permissions; without any it gets those that
   *     every new file gets
   * @throws IOException if it cannot be written; what {@code content} throws passes through
   */
  public static void write(Path target, Content content, FileAttribute<?>... attributes)
      throws IOException {
    try (Prepared prepared = prepare(target, content, attributes)) {
      prepared.commit();
    }
  }

  /**
   * Writes all of a file but its name: what can fail for want of space is done when this returns.
   *
   * @throws IOException as {@link #write(Path, Content, FileAttribute...)}
   */
  public static Prepared prepare(Path target, Content content, FileAttribute<?>... attributes)
      throws IOException {
    requireNonNull(content, "content is null");
    Path directory = directory(target);
    // Not createTempFile, which would make a file that only its owner can read.
    Path temporary = directory.resolve(prefix(target) + UUID.randomUUID() + SUFFIX);
    boolean written = false;
    try {
      Files.createFile(temporary, attributes);
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      written = true;
      return new Prepared(temporary, target.toAbsolutePath(), directory);
    } finally {
      if (!written) {
        deleteQuietly(temporary);
      }
    }
  }

  /** A file that is on disk, but not in its place yet. Closed without {@link #commit}, it goes. */
  public static final class Prepared implements AutoCloseable {
    private final Path temporary;
    private final Path target;
    private final Path directory;

    private Prepared(Path temporary, Path target, Path directory) {
      this.temporary = temporary;
      this.target = target;
      this.directory = directory;
    }

    /** Puts it in its place, durably; once only. */
    public void commit() throws IOException {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      forceDirectory(directory);
    }

    @Override
    public void close() {
      deleteQuietly(temporary);
    }
  }

  /**
   * Writes a file that must not exist yet. Between the two steps of this its name is taken by an
   * empty file, which a crash may leave.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is one; it stays as it is
   * @throws IOException if it cannot be written; there is none then
   */
  public static void create(Path target, byte[] bytes, FileAttribute<?>... attributes)
      throws IOException {
    requireNonNull(bytes, "bytes is null");
    Files.createFile(target, attributes);
    boolean written = false;
    try {
      write(target, bytes, attributes);
      written = true;
    } finally {
      if (!written) {
        deleteQuietly(target);
      }
    }
  }

  /** As {@link #write(Path, Content, FileAttribute...)}, of these bytes. */
  public static void write(Path target, byte[] bytes, FileAttribute<?>... attributes)
      throws IOException {
    try (Prepared prepared = prepare(target, bytes, attributes)) {
      prepared.commit();
    }
  }

  /** As {@link #prepare(Path, Content, FileAttribute...)}, of these bytes. */
  public static Prepared prepare(Path target, byte[] bytes, FileAttribute<?>... attributes)
      throws IOException {
    requireNonNull(bytes, "bytes is null");
    return prepare(
        target,
        channel -> {
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          while (buffer.hasRemaining()) {
            channel.write(buffer);
          }
        },
        attributes);
  }

  /**
   * Deletes the temporary files that crashes have left beside a target. Only for a process that
   * alone writes the target.
   */
  public static void deleteLeftovers(Path target) throws IOException {
    String prefix = prefix(target);
    int length = prefix.length() + UUID_LENGTH + SUFFIX.length();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory(target))) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.length() == length && name.startsWith(prefix) && name.endsWith(SUFFIX)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  /** Directory entries of a rename are on disk when this returns. */
  private static void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Path directory(Path target) throws IOException {
    Path directory = target.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException(target + " is not a file's path");
    }
    return directory;
  }

  private static String prefix(Path target) {
    String name = target.getFileName().toString();
    // A temporary name must not be longer than file systems allow, whatever the target's is.
    return "." + name.substring(0, Math.min(name.length(), MAX_PREFIX)) + "-";
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The error that led here is reported; this one adds nothing.
    }
  }
}
