package dev.tensafe.formats.safetensors;

import dev.tensafe.formats.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;

/**
 * One safetensors file, opened read-only. The header is checked completely before any tensor can be
 * asked for; tensor bytes are memory-mapped on demand, and a mapping outlives {@link #close()}.
 * Thread-safe.
 *
 * <p>Source: huggingface/safetensors, "Format": 8 bytes little-endian header length, JSON header,
 * data.
 */
public final class SafetensorsFile implements AutoCloseable {
  /** Longest header read, the limit of the reference implementation. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private final Path path;
  private final FileChannel channel;
  private final long dataStart;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Path path, FileChannel channel, long dataStart, SafetensorsHeader.Parsed header) {
    this.path = path;
    this.channel = channel;
    this.dataStart = dataStart;
    this.tensors = Collections.unmodifiableMap(header.tensors());
    this.metadata = Collections.unmodifiableMap(header.metadata());
  }

  /**
   * Opens and checks a file.
   *
   * @throws FormatException {@code safetensors.missing}, {@code .truncated}, {@code .header},
   *     {@code .dtype}, {@code .invalid_json} or {@code .unreadable}
   */
  public static SafetensorsFile open(Path path) {
    String name = path.getFileName().toString();
    FileChannel channel;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new FormatException("safetensors.missing", "there is no file " + path, e);
    } catch (IOException e) {
      throw new FormatException("safetensors.unreadable", "cannot open " + path, e);
    }
    try {
      long size = channel.size();
      if (size < 8) {
        throw new FormatException(
            "safetensors.truncated", name + " has " + size + " bytes; a header needs at least 8");
      }
      long headerBytes = readFully(channel, 0, 8).order(ByteOrder.LITTLE_ENDIAN).getLong();
      SafetensorsHeader.requireLength(headerBytes, MAX_HEADER_BYTES, size - 8, name);
      byte[] json = readFully(channel, 8, (int) headerBytes).array();
      long dataStart = 8 + headerBytes;
      return new SafetensorsFile(
          path, channel, dataStart, SafetensorsHeader.parse(json, size - dataStart, name));
    } catch (IOException e) {
      closeQuietly(channel);
      throw new FormatException("safetensors.unreadable", "cannot read " + path, e);
    } catch (RuntimeException e) {
      closeQuietly(channel);
      throw e;
    }
  }

  /** Tensors by name, in header order. */
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  /** The {@code __metadata__} strings; empty when there are none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * Maps one tensor whole.
   *
   * @return a read-only, little-endian direct buffer of {@link TensorInfo#byteSize()} bytes
   * @throws FormatException {@code safetensors.no_tensor} for an unknown name, {@code
   *     safetensors.too_large} above 2 GiB (map rows instead)
   */
  public ByteBuffer map(String name) {
    TensorInfo info = info(name);
    return mapBytes(info, 0, info.byteSize());
  }

  /**
   * Maps rows {@code [from, to)} of the outermost dimension.
   *
   * @return as {@link #map(String)}, holding the rows only
   */
  public ByteBuffer mapRows(String name, long from, long to) {
    TensorInfo info = info(name);
    long rows = info.shape().isEmpty() ? 1 : info.shape().get(0);
    if (from < 0 || to < from || to > rows) {
      throw new IndexOutOfBoundsException("rows " + from + " to " + to + " of " + rows);
    }
    long rowBytes = rows == 0 ? 0 : info.byteSize() / rows;
    return mapBytes(info, from * rowBytes, to * rowBytes);
  }

  /**
   * Reads bytes of one tensor, without mapping them: into {@code target}, from its position to its
   * limit, which becomes its position.
   *
   * @param offset in the tensor, in bytes
   * @throws FormatException {@code safetensors.no_tensor}, {@code .truncated} when the file became
   *     shorter, {@code .unreadable}
   */
  public void read(String name, long offset, ByteBuffer target) {
    TensorInfo info = info(name);
    if (offset < 0 || target.remaining() > info.byteSize() - offset) {
      throw new IndexOutOfBoundsException(
          target.remaining() + " bytes at " + offset + " of " + info.byteSize());
    }
    long at = dataStart + info.begin() + offset;
    try {
      while (target.hasRemaining()) {
        int count = channel.read(target, at);
        if (count < 0) {
          throw new FormatException(
              "safetensors.truncated", path.getFileName() + " became shorter while it was read");
        }
        at += count;
      }
    } catch (IOException e) {
      throw new FormatException("safetensors.unreadable", "cannot read " + name, e);
    }
  }

  private TensorInfo info(String name) {
    TensorInfo info = tensors.get(name);
    if (info == null) {
      throw new FormatException(
          "safetensors.no_tensor", path.getFileName() + " has no tensor " + name);
    }
    return info;
  }

  private ByteBuffer mapBytes(TensorInfo info, long from, long to) {
    if (to - from > Integer.MAX_VALUE) {
      throw new FormatException(
          "safetensors.too_large", "tensor " + info.name() + " is too large to map in one piece");
    }
    try {
      return channel
          .map(FileChannel.MapMode.READ_ONLY, dataStart + info.begin() + from, to - from)
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new FormatException("safetensors.unreadable", "cannot map " + info.name(), e);
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private static ByteBuffer readFully(FileChannel channel, long at, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw new FormatException("safetensors.truncated", "the file ends inside its header");
      }
    }
    return buffer.flip();
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // A read-only channel holds nothing that could be lost.
    }
  }
}
