package dev.tensafe.formats.safetensors;

import dev.tensafe.formats.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A safetensors document read once, front to back, in constant memory. The header is checked
 * completely before any tensor byte is read. Not thread-safe.
 */
public final class SafetensorsStream {
  /** Longest header held in memory. */
  public static final int MAX_HEADER_BYTES = 8 << 20;

  /** Bytes per piece handed to a {@link Sink}; a multiple of every element size. */
  private static final int PIECE = 1 << 16;

  private final InputStream in;
  private final String name;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, String> metadata;

  private SafetensorsStream(InputStream in, String name, SafetensorsHeader.Parsed header) {
    this.in = in;
    this.name = name;
    this.tensors = Collections.unmodifiableMap(header.tensors());
    this.metadata = Collections.unmodifiableMap(header.metadata());
  }

  /** Receives tensors in the order of their bytes, each in pieces. */
  @FunctionalInterface
  public interface Sink {
    /**
     * @param offset of the piece in the tensor, in bytes; an empty tensor comes as one empty piece
     * @param piece little-endian, whole elements, at most 64 KiB; valid during the call only
     */
    void accept(TensorInfo tensor, long offset, ByteBuffer piece) throws IOException;
  }

  /**
   * Reads and checks the header.
   *
   * @param in left where the tensors begin; the caller wipes what it was read from
   * @param length bytes of the whole document
   * @param name for error messages
   * @throws FormatException {@code safetensors.truncated}, {@code .header}, {@code .dtype} or
   *     {@code .invalid_json}
   */
  public static SafetensorsStream open(InputStream in, long length, String name)
      throws IOException {
    if (length < 8) {
      throw new FormatException(
          "safetensors.truncated", name + " has " + length + " bytes; a header needs at least 8");
    }
    long headerBytes =
        ByteBuffer.wrap(exactly(in, 8, name)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    SafetensorsHeader.requireLength(headerBytes, MAX_HEADER_BYTES, length - 8, name);
    byte[] json = exactly(in, (int) headerBytes, name);
    return new SafetensorsStream(
        in, name, SafetensorsHeader.parse(json, length - 8 - headerBytes, name));
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
   * Reads everything that follows. Works once.
   *
   * @throws FormatException {@code safetensors.truncated}
   */
  public void readAll(Sink sink) throws IOException {
    List<TensorInfo> inOrder = new ArrayList<>(tensors.values());
    inOrder.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    byte[] buffer = new byte[PIECE];
    try {
      for (TensorInfo tensor : inOrder) {
        long offset = 0;
        do {
          int count = (int) Math.min(PIECE, tensor.byteSize() - offset);
          if (in.readNBytes(buffer, 0, count) != count) {
            throw truncated(name);
          }
          sink.accept(
              tensor,
              offset,
              ByteBuffer.wrap(buffer, 0, count)
                  .slice()
                  .asReadOnlyBuffer()
                  .order(ByteOrder.LITTLE_ENDIAN));
          offset += count;
        } while (offset < tensor.byteSize());
      }
    } finally {
      Arrays.fill(buffer, (byte) 0);
    }
  }

  private static byte[] exactly(InputStream in, int count, String name) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length != count) {
      throw truncated(name);
    }
    return bytes;
  }

  private static FormatException truncated(String name) {
    return new FormatException("safetensors.truncated", name + " ends before its last tensor");
  }
}
