package dev.tensafe.tssp.file;

import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.io.IOException;
import java.nio.file.Path;

/** {@link AtomicFile} with the error code of this module. Stateless. */
public final class DurableFile {
  private DurableFile() {}

  /**
   * Writes a file whole or not at all, also across a crash.
   *
   * @throws TsspException {@code tssp.io}, or what {@code content} throws
   */
  public static void write(Path target, AtomicFile.Content content) {
    try {
      AtomicFile.write(target, content);
    } catch (IOException e) {
      throw failed(target, e);
    }
  }

  /**
   * As {@link #write(Path, AtomicFile.Content)}, of these bytes.
   *
   * @throws TsspException {@code tssp.io}
   */
  public static void write(Path target, byte[] bytes) {
    try {
      AtomicFile.write(target, bytes);
    } catch (IOException e) {
      throw failed(target, e);
    }
  }

  private static TsspException failed(Path target, IOException e) {
    return new TsspException(Reason.IO, "cannot write " + target + ": " + e.getMessage(), e);
  }
}
