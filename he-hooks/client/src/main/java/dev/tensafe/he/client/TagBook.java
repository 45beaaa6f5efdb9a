package dev.tensafe.he.client;

import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.nativelib.ckks.GroupTag;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret tags of adapters at adapter hosts, in a state directory or in memory. A file is
 * readable for its owner alone:
 *
 * <pre>
 * "TSHETAG1" · 32 digest of the manifest · 32 key id of the host · u32 κ · u32 rows · u32 columns
 * · κ × rows × i64 r · κ × columns × i64 f · SHA-256 of all this
 * </pre>
 *
 * Thread-safe.
 */
final class TagBook {
  private static final Logger LOG = LoggerFactory.getLogger(TagBook.class);
  private static final byte[] MAGIC = "TSHETAG1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEAD_BYTES = 8 + 32 + 32 + 12;
  private static final int SUM_BYTES = 32;
  private static final int MAX_ROWS = 1 << 20;
  private static final int MAX_COLUMNS = 1 << 26;

  private final @Nullable Path directory;
  private final Map<Pair, AdapterTag> inMemory = new ConcurrentHashMap<>();

  private record Pair(String digest, KeyId host) {}

  /**
   * @param directory of the server's state, or null for a book in memory
   */
  TagBook(@Nullable Path directory) {
    this.directory = directory;
  }

  /** The file of a tag. */
  static Path file(Path directory, String digest, KeyId host) {
    return directory.resolve("he-tags").resolve(digest + "-" + host.hex() + ".tag");
  }

  /**
   * The tag of an adapter at a host, if there is one. A file that is damaged is none.
   *
   * @throws HeException {@code he.storage} if it cannot be read
   */
  Optional<AdapterTag> find(String digest, KeyId host) {
    Path in = directory;
    if (in == null) {
      return Optional.ofNullable(inMemory.get(new Pair(digest, host)));
    }
    Path file = file(in, digest, host);
    try {
      byte[] bytes = Files.readAllBytes(file);
      Optional<AdapterTag> tag = decode(bytes, digest, host);
      Arrays.fill(bytes, (byte) 0);
      if (tag.isEmpty()) {
        LOG.warn("{} is damaged; the tag is made anew", file);
      }
      return tag;
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failed("read", file, e);
    }
  }

  /**
   * Keeps a tag; on disk when this returns.
   *
   * @throws HeException {@code he.storage}
   */
  void put(String digest, KeyId host, AdapterTag tag) {
    Path in = directory;
    if (in == null) {
      inMemory.put(new Pair(digest, host), tag);
      return;
    }
    Path file = file(in, digest, host);
    byte[] bytes = encode(digest, host, tag);
    try {
      Files.createDirectories(
          in.resolve("he-tags"),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      AtomicFile.write(
          file,
          bytes,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (IOException e) {
      throw failed("write", file, e);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static HeException failed(String doing, Path file, IOException e) {
    return new HeException(
        Reason.STORAGE, "cannot " + doing + " " + file + ": " + e.getMessage(), e);
  }

  private static byte[] encode(String digest, KeyId host, AdapterTag tag) {
    int rows = tag.r()[0].length;
    int columns = tag.f()[0].length;
    int numbers = GroupTag.CHECKS * (rows + columns);
    ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + Long.BYTES * numbers + SUM_BYTES);
    out.put(MAGIC).put(HexFormat.of().parseHex(digest)).put(host.bytes());
    out.putInt(GroupTag.CHECKS).putInt(rows).putInt(columns);
    for (long[] of : tag.r()) {
      put(out, of);
    }
    for (long[] of : tag.f()) {
      put(out, of);
    }
    out.put(sum(out.array(), out.position()));
    return out.array();
  }

  private static void put(ByteBuffer out, long[] values) {
    for (long value : values) {
      out.putLong(value);
    }
  }

  private static Optional<AdapterTag> decode(byte[] bytes, String digest, KeyId host) {
    if (bytes.length < HEAD_BYTES + SUM_BYTES) {
      return Optional.empty();
    }
    int end = bytes.length - SUM_BYTES;
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, end);
    byte[] magic = new byte[MAGIC.length];
    byte[] of = new byte[32];
    byte[] at = new byte[32];
    in.get(magic).get(of).get(at);
    int checks = in.getInt();
    long rows = in.getInt();
    long columns = in.getInt();
    if (!Arrays.equals(sum(bytes, end), Arrays.copyOfRange(bytes, end, bytes.length))
        || !Arrays.equals(magic, MAGIC)
        || !HexFormat.of().formatHex(of).equals(digest)
        || !Arrays.equals(at, host.bytes())
        || checks != GroupTag.CHECKS
        || rows < 1
        || rows > MAX_ROWS
        || columns < 1
        || columns > MAX_COLUMNS
        || in.remaining() != Long.BYTES * GroupTag.CHECKS * (rows + columns)) {
      return Optional.empty();
    }
    return Optional.of(new AdapterTag(read(in, (int) rows), read(in, (int) columns)));
  }

  private static long[][] read(ByteBuffer in, int count) {
    long[][] values = new long[GroupTag.CHECKS][count];
    for (long[] of : values) {
      in.asLongBuffer().get(of);
      in.position(in.position() + Long.BYTES * count);
    }
    return values;
  }

  private static byte[] sum(byte[] bytes, int count) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes, 0, count);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
