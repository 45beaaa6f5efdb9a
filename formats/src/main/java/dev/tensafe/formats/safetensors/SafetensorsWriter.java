package dev.tensafe.formats.safetensors;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Writes one safetensors file, tensor by tensor, so that no tensor has to be held whole. */
public final class SafetensorsWriter {
  private static final int PIECE_ELEMENTS = 1 << 16;

  private SafetensorsWriter() {}

  @FunctionalInterface
  private interface FloatPut {
    void put(ByteBuffer bytes, float value);
  }

  /** Produces the little-endian bytes of one tensor. */
  @FunctionalInterface
  public interface Body {
    void writeTo(WritableByteChannel out) throws IOException;
  }

  /** A tensor to write: {@code body} must produce exactly elements × dtype size bytes. */
  public record Entry(String name, DType dtype, List<Long> shape, Body body) {
    public Entry {
      shape = List.copyOf(shape);
    }

    /** A float32 tensor from row-major values. */
    public static Entry ofFloats(String name, List<Long> shape, float[] values) {
      return ofFloats(name, shape, () -> values);
    }

    /** A float32 tensor from row-major values, asked for when it is written. */
    public static Entry ofFloats(String name, List<Long> shape, Supplier<float[]> values) {
      return new Entry(
          name,
          DType.F32,
          shape,
          out -> inPieces(out, values.get(), Float.BYTES, ByteBuffer::putFloat));
    }

    /** A bfloat16 tensor from row-major values, asked for when it is written and rounded. */
    public static Entry ofBfloat16(String name, List<Long> shape, Supplier<float[]> values) {
      return new Entry(
          name,
          DType.BF16,
          shape,
          out ->
              inPieces(
                  out,
                  values.get(),
                  Short.BYTES,
                  (bytes, value) -> bytes.putShort(Bfloat16.of(value))));
    }

    private static void inPieces(WritableByteChannel out, float[] values, int size, FloatPut put)
        throws IOException {
      ByteBuffer bytes =
          ByteBuffer.allocate(Math.min(PIECE_ELEMENTS, values.length) * size)
              .order(ByteOrder.LITTLE_ENDIAN);
      for (int from = 0; from < values.length; from += PIECE_ELEMENTS) {
        bytes.clear();
        for (int i = from; i < Math.min(values.length, from + PIECE_ELEMENTS); i++) {
          put.put(bytes, values[i]);
        }
        writeFully(out, bytes.flip());
      }
    }

    long byteSize() {
      return shape.stream().mapToLong(Long::longValue).reduce(dtype.bytes(), Math::multiplyExact);
    }
  }

  /**
   * Writes {@code entries} in the given order.
   *
   * @throws IOException when the file exists, cannot be written, or a body has the wrong length; a
   *     file that this began is gone then
   */
  public static void write(Path path, Map<String, String> metadata, List<Entry> entries)
      throws IOException {
    try (FileChannel out =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      boolean written = false;
      try {
        write(out, metadata, entries);
        written = true;
      } finally {
        if (!written) {
          Files.deleteIfExists(path);
        }
      }
    }
  }

  /** As {@link #write(Path, Map, List)}, into a channel. */
  public static void write(
      WritableByteChannel out, Map<String, String> metadata, List<Entry> entries)
      throws IOException {
    byte[] header = header(metadata, entries);
    ByteBuffer prefix = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    prefix.putLong(header.length).put(header).flip();
    Counting counting = new Counting(out);
    writeFully(counting, prefix);
    for (Entry entry : entries) {
      long start = counting.count;
      entry.body().writeTo(counting);
      long written = counting.count - start;
      if (written != entry.byteSize()) {
        throw new IOException(
            "tensor " + entry.name() + " has " + written + " bytes, not " + entry.byteSize());
      }
    }
  }

  /** Bytes of the document that {@link #write} writes. */
  public static long length(Map<String, String> metadata, List<Entry> entries) throws IOException {
    long data = entries.stream().mapToLong(Entry::byteSize).reduce(0, Math::addExact);
    return 8 + header(metadata, entries).length + data;
  }

  private static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  private static final class Counting implements WritableByteChannel {
    private final WritableByteChannel out;
    private long count;

    Counting(WritableByteChannel out) {
      this.out = out;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int written = out.write(bytes);
      count += written;
      return written;
    }

    @Override
    public boolean isOpen() {
      return out.isOpen();
    }

    @Override
    public void close() {
      // The channel below is its owner's to close.
    }
  }

  private static byte[] header(Map<String, String> metadata, List<Entry> entries)
      throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    if (!metadata.isEmpty()) {
      root.set("__metadata__", mapper.valueToTree(metadata));
    }
    long at = 0;
    for (Entry entry : entries) {
      ObjectNode node = root.putObject(entry.name());
      node.put("dtype", entry.dtype().name());
      entry.shape().forEach(node.putArray("shape")::add);
      node.putArray("data_offsets").add(at).add(at + entry.byteSize());
      at += entry.byteSize();
    }
    byte[] json = mapper.writeValueAsBytes(root);
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }
}
