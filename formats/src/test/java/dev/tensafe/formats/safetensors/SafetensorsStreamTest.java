package dev.tensafe.formats.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsStreamTest {
  private final Map<String, byte[]> bodies = new LinkedHashMap<>();
  private byte[] document = {};

  @BeforeEach
  void write(@TempDir Path directory) throws IOException {
    Random random = new Random(1);
    List<SafetensorsWriter.Entry> entries =
        List.of(entry("large", 100_001, random), entry("none", 0, random), entry("z", 3, random));
    Path file = directory.resolve("a.safetensors");
    SafetensorsWriter.write(file, Map.of("k", "v"), entries);
    document = Files.readAllBytes(file);
  }

  private SafetensorsWriter.Entry entry(String name, int elements, Random random) {
    byte[] body = new byte[elements * 2];
    random.nextBytes(body);
    bodies.put(name, body);
    return new SafetensorsWriter.Entry(
        name, DType.BF16, List.of((long) elements), out -> out.write(ByteBuffer.wrap(body)));
  }

  @Test
  void deliversEveryByteOnceInOrder() throws IOException {
    SafetensorsStream stream =
        SafetensorsStream.open(new ByteArrayInputStream(document), document.length, "a");
    assertEquals(Map.of("k", "v"), stream.metadata());
    Map<String, ByteArrayOutputStream> got = new LinkedHashMap<>();
    stream.readAll(
        (tensor, offset, piece) -> {
          ByteArrayOutputStream out =
              got.computeIfAbsent(tensor.name(), n -> new ByteArrayOutputStream());
          assertEquals(out.size(), offset);
          assertTrue(piece.remaining() <= 1 << 16);
          byte[] bytes = new byte[piece.remaining()];
          piece.get(bytes);
          out.write(bytes);
        });
    assertEquals(List.of("large", "none", "z"), List.copyOf(got.keySet()));
    got.forEach((name, out) -> assertArrayEquals(bodies.get(name), out.toByteArray()));
  }

  @Test
  void everyTruncationIsTyped() throws IOException {
    for (int length = 0; length < document.length; length += length < 400 ? 1 : 997) {
      byte[] cut = Arrays.copyOf(document, length);
      for (long claimed : new long[] {length, document.length}) {
        FormatException e =
            assertThrows(
                FormatException.class,
                () ->
                    SafetensorsStream.open(new ByteArrayInputStream(cut), claimed, "a")
                        .readAll((tensor, offset, piece) -> {}));
        assertTrue(e.code().startsWith("safetensors."), e.code());
      }
    }
  }

  @Test
  void aLyingHeaderLengthAllocatesNothing() {
    byte[] lie = document.clone();
    Arrays.fill(lie, 0, 7, (byte) 0xff);
    FormatException e =
        assertThrows(
            FormatException.class,
            () -> SafetensorsStream.open(new ByteArrayInputStream(lie), Long.MAX_VALUE, "a"));
    assertEquals("safetensors.header", e.code());
  }
}
