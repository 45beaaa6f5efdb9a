package dev.tensafe.formats.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Predicate;

/**
 * Files of lines that only grow, each line whole or not at all. A last line without its end is
 * ended before the next one; whether it is one that an editor wrote or a part that a crash has
 * left, only who knows the lines can tell, and drops the latter when it opens the file ({@link
 * #dropTorn}). For one writer at a time. Stateless.
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

  /**
   * Drops a last line of which a crash has left a part, or what the file system had put in its
   * place: one without its end that is not whole. A whole one that only lacks its end stays.
   *
   * @param file need not exist
   * @param whole whether the bytes of a line, without its end, are a line
   * @return how many bytes were dropped, 0 for none
   * @throws IOException if the file cannot be read or changed
   */
  public static long dropTorn(Path file, Predicate<byte[]> whole) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = channel.size();
      long begin = afterLastEnd(channel, size);
      if (begin == size) {
        return 0;
      }
      ByteBuffer line = ByteBuffer.allocate(Math.toIntExact(size - begin));
      while (line.hasRemaining() && channel.read(line, begin + line.position()) >= 0) {}
      if (whole.test(line.array())) {
        return 0;
      }
      channel.truncate(begin);
      return size - begin;
    }
  }

  /** Where the last line begins that has no end; the file's size if every line has one. */
  private static long afterLastEnd(FileChannel channel, long size) throws IOException {
    ByteBuffer part = ByteBuffer.allocate(4096);
    for (long to = size; to > 0; ) {
      long from = Math.max(0, to - part.capacity());
      part.clear().limit((int) (to - from));
      while (part.hasRemaining() && channel.read(part, from + part.position()) >= 0) {}
      for (int i = part.position() - 1; i >= 0; i--) {
        if (part.get(i) == '\n') {
          return from + i + 1;
        }
      }
      to = from;
    }
    return 0;
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
