package dev.tensafe.tssp.file;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.SignatureList;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The sections of a package file, found and bounds-checked, not yet trusted: magic, manifest,
 * signatures, part streams, and nothing after them. Holds the manifest and the signatures in
 * memory, never a part. Thread-safe.
 */
public final class PackageFile implements AutoCloseable {
  static final byte[] MAGIC = {0x54, 0x53, 0x53, 0x50, 0x02, 0x0d, 0x0a, 0x1a};

  /** More than any mode has; a bound for the walk over a hostile file. */
  private static final int MAX_PARTS = 16;

  private final FileChannel channel;
  private final byte[] manifest;
  private final byte[] signatures;
  private final List<Section> parts;

  /**
   * A part's stream.
   *
   * @param offset of its first byte in the file
   * @param length in bytes; 0 when it is withheld
   */
  public record Section(long offset, long length) {}

  private PackageFile(
      FileChannel channel, byte[] manifest, byte[] signatures, List<Section> parts) {
    this.channel = channel;
    this.manifest = manifest;
    this.signatures = signatures;
    this.parts = List.copyOf(parts);
  }

  /**
   * Opens a file and finds its sections.
   *
   * @throws TsspException {@code tssp.not_a_package}, {@code tssp.layout}, {@code tssp.io}
   */
  public static PackageFile open(Path path) {
    FileChannel channel;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new TsspException(Reason.IO, "there is no file " + path, e);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot open " + path, e);
    }
    try {
      return new Walk(channel).read();
    } catch (IOException e) {
      closeQuietly(channel);
      throw new TsspException(Reason.IO, "cannot read " + path, e);
    } catch (RuntimeException e) {
      closeQuietly(channel);
      throw e;
    }
  }

  /** The manifest's bytes, exactly as signed. */
  public byte[] manifestBytes() {
    return manifest.clone();
  }

  public byte[] signatureBytes() {
    return signatures.clone();
  }

  /** The positions of the parts' streams, in the order of the manifest. */
  public List<Section> parts() {
    return parts;
  }

  /** Reads one stream from its beginning. Independent of other readers; needs no closing. */
  public InputStream stream(Section section) {
    return new ChannelStream(channel, section);
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // A read-only channel holds nothing that could be lost.
    }
  }

  /** One pass over the length fields. */
  private static final class Walk {
    private final FileChannel channel;
    private final long size;
    private long at;

    Walk(FileChannel channel) throws IOException {
      this.channel = channel;
      this.size = channel.size();
    }

    PackageFile read() throws IOException {
      if (size < MAGIC.length || !bytes(MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
        throw new TsspException(
            Reason.NOT_A_PACKAGE, "the file does not begin like a package of version 2");
      }
      byte[] manifest = section("manifest", Manifest.MAX_BYTES);
      byte[] signatures = section("list of signatures", SignatureList.MAX_BYTES);
      List<Section> parts = new ArrayList<>();
      while (at < size) {
        if (parts.size() == MAX_PARTS) {
          throw layout("more than " + MAX_PARTS + " parts");
        }
        require(8, "a part's length");
        long length = bytes(8).getLong();
        if (length < 0 || length > size - at) {
          throw layout(
              "a part claims " + length + " bytes, and " + (size - at) + " are left in the file");
        }
        parts.add(new Section(at, length));
        at += length;
      }
      return new PackageFile(channel, manifest, signatures, parts);
    }

    private byte[] section(String what, int max) throws IOException {
      require(4, "the length of the " + what);
      long length = Integer.toUnsignedLong(bytes(4).getInt());
      if (length == 0 || length > max) {
        throw layout("the " + what + " claims " + length + " bytes; 1 to " + max + " are allowed");
      }
      require(length, "the " + what);
      return bytes((int) length).array();
    }

    private void require(long count, String what) {
      if (count > size - at) {
        throw layout("the file ends inside " + what);
      }
    }

    private ByteBuffer bytes(int count) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(count);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, at + buffer.position()) < 0) {
          throw layout("the file became shorter while it was read");
        }
      }
      at += count;
      return buffer.flip();
    }

    private static TsspException layout(String problem) {
      return new TsspException(Reason.LAYOUT, problem);
    }
  }

  /** Reads by position, so that several can be open. */
  private static final class ChannelStream extends InputStream {
    private final FileChannel channel;
    private long at;
    private final long end;

    ChannelStream(FileChannel channel, Section section) {
      this.channel = channel;
      this.at = section.offset();
      this.end = section.offset() + section.length();
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int count = (int) Math.min(length, end - at);
      if (count == 0) {
        return -1;
      }
      int read = channel.read(ByteBuffer.wrap(bytes, offset, count), at);
      if (read > 0) {
        at += read;
      }
      return read;
    }
  }
}
