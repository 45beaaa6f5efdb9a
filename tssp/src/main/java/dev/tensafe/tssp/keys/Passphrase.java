package dev.tensafe.tssp.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.formats.file.SecretFile;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A passphrase in UTF-8; wiped when closed. */
public final class Passphrase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Passphrase.class);
  private static final int MAX_BYTES = 1024;

  private final byte[] bytes;

  private Passphrase(byte[] bytes) {
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw new TsspException(
          Reason.KEY_PASSPHRASE_NEEDED, "a passphrase has 1 to " + MAX_BYTES + " bytes");
    }
    this.bytes = bytes;
  }

  public static Passphrase of(char[] text) {
    byte[] room = new byte[3 * text.length];
    ByteBuffer encoded = ByteBuffer.wrap(room);
    CoderResult result = UTF_8.newEncoder().encode(CharBuffer.wrap(text), encoded, true);
    try {
      if (!result.isUnderflow()) {
        throw new TsspException(Reason.KEY_PASSPHRASE_NEEDED, "a passphrase is Unicode text");
      }
      return new Passphrase(Arrays.copyOf(room, encoded.position()));
    } finally {
      Arrays.fill(room, (byte) 0);
    }
  }

  /** The file's content without one line ending at its end; a warning if others may read it. */
  public static Passphrase read(Path file) {
    SecretFile.exposure(file).ifPresent(open -> LOG.warn("the passphrase file {}", open));
    byte[] content;
    try (var in = Files.newInputStream(file)) {
      content = in.readNBytes(MAX_BYTES + 3);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot read the passphrase file " + file);
    }
    int length = content.length;
    if (length > 0 && content[length - 1] == '\n') {
      length--;
      if (length > 0 && content[length - 1] == '\r') {
        length--;
      }
    }
    try {
      return new Passphrase(Arrays.copyOf(content, length));
    } finally {
      Arrays.fill(content, (byte) 0);
    }
  }

  /** Not a copy. */
  byte[] bytes() {
    return bytes;
  }

  @Override
  public void close() {
    Arrays.fill(bytes, (byte) 0);
  }

  @Override
  public String toString() {
    return "Passphrase";
  }
}
