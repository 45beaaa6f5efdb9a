package dev.tensafe.tssp.file;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that appear whole or not at all, also after a crash. */
public final class AtomicFile {
  private AtomicFile() {}

  /** Fills a new, empty file that is open for writing. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Writes beside the target, forces to disk, renames over the target. Whatever goes wrong leaves
   * the target as it was and no other file behind.
   *
   * @throws TsspException {@code tssp.io}
   */
  public static void write(Path target, Content content) {
    Path absolute = target.toAbsolutePath();
    Path directory = absolute.getParent();
    Path temporary = null;
    try {
      if (directory == null) {
        throw new IOException("not a file's path");
      }
      // Not createTempFile: the result shall have the permissions any new file gets.
      temporary = directory.resolve(".tssp-" + UUID.randomUUID() + ".tmp");
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
      temporary = null;
      forceDirectory(directory);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot write " + target + ": " + e.getMessage(), e);
    } finally {
      if (temporary != null) {
        deleteQuietly(temporary);
      }
    }
  }

  /** As {@link #write(Path, Content)}, of these bytes. */
  public static void write(Path target, byte[] bytes) {
    write(
        target,
        channel -> {
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          while (buffer.hasRemaining()) {
            channel.write(buffer);
          }
        });
  }

  private static void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The error that led here is reported; this one adds nothing.
    }
  }
}
