package dev.tensafe.formats.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Files of lines that only grow, each line whole or not at all. A line that a crash or an editor
 * has left open is ended first. For one writer at a time. Stateless.
 */
public final class AppendedFile {
  private AppendedFile() {}

  /**
   * Adds a line.
   *
   * @param file made if need be
   * @param line without its end
   * @throws IOException if it cannot be written; the file is as it was then
   */
  public static void append(Path file, String line) throws IOException {
    append(file, line, false);
  }

  /** As {@link #append(Path, String)}; it is on disk when this returns. */
  public static void appendDurably(Path file, String line) throws IOException {
    append(file, line, true);
  }

  private static void append(Path file, String line, boolean durably) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = channel.size();
      ByteBuffer last = ByteBuffer.allocate(1);
      boolean open = size > 0 && channel.read(last, size - 1) == 1 && last.get(0) != '\n';
      ByteBuffer bytes = ByteBuffer.wrap(((open ? "\n" : "") + line + "\n").getBytes(UTF_8));
      boolean whole = false;
      try {
        channel.position(size);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        if (durably) {
          channel.force(true);
        }
        whole = true;
      } finally {
        if (!whole) {
          channel.truncate(size);
        }
      }
    }
  }
}
