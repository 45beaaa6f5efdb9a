package dev.tensafe.formats.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  @TempDir Path dir;

  private Path write(String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(json.length).put(json);
    for (int i = 0; i < dataBytes; i++) {
      out.put((byte) i);
    }
    return Files.write(Files.createTempFile(dir, "t", ".safetensors"), out.array());
  }

  private static String codeOf(Path file) {
    return assertThrows(FormatException.class, () -> SafetensorsFile.open(file)).code();
  }

  @Test
  void readsBackWhatWasWrittenWholeAndByRows() throws IOException {
    Path file = dir.resolve("a.safetensors");
    float[] values = {1, -2, 3.5f, 4, 5, 6};
    SafetensorsWriter.write(
        file,
        Map.of("format", "pt"),
        List.of(
            SafetensorsWriter.Entry.ofFloats("w", List.of(3L, 2L), values),
            SafetensorsWriter.Entry.ofFloats("empty", List.of(0L, 7L), new float[0]),
            SafetensorsWriter.Entry.ofFloats("scalar", List.of(), new float[] {9})));
    try (SafetensorsFile f = SafetensorsFile.open(file)) {
      assertEquals(Map.of("format", "pt"), f.metadata());
      assertEquals(List.of(3L, 2L), f.tensors().get("w").shape());
      assertEquals(6, f.tensors().get("w").elements());
      float[] back = new float[6];
      f.map("w").asFloatBuffer().get(back);
      assertTrue(Arrays.equals(values, back));
      assertEquals(3.5f, f.mapRows("w", 1, 2).getFloat(0));
      assertEquals(9f, f.map("scalar").getFloat(0));
      assertEquals(0, f.map("empty").remaining());
      assertEquals(
          "safetensors.no_tensor",
          assertThrows(FormatException.class, () -> f.map("other")).code());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "safetensors.truncated|{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}}|8",
        "safetensors.header|{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,8]}}|8",
        "safetensors.header|{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}|8",
        "safetensors.header|{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|12",
        "safetensors.header|{'a':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}|12",
        "safetensors.truncated|{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}}|8",
        "safetensors.header|{'a':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,8]}}|8",
        "safetensors.header|{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}|12",
        "safetensors.invalid_json|{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}|8",
        "safetensors.dtype|{'a':{'dtype':'F31','shape':[2],'data_offsets':[0,8]}}|8",
        "safetensors.header|{'a':{'shape':[2],'data_offsets':[0,8]}}|8",
        "safetensors.header|{'a':{'dtype':'F32','shape':[2]}}|8",
        "safetensors.header|{'a':{'dtype':'F32','shape':[2.5],'data_offsets':[0,8]}}|8",
        "safetensors.header|{'a':7}|8",
        "safetensors.invalid_json|[1,2]|8",
        "safetensors.invalid_json|{'a'|8",
      })
  void refusesAHostileHeader(String code, String header, int dataBytes) throws IOException {
    assertEquals(code, codeOf(write(header.replace('\'', '"'), dataBytes)));
  }

  @Test
  void refusesDeepNestingWithoutOverflowingTheStack() throws IOException {
    assertEquals("safetensors.invalid_json", codeOf(write("{\"a\":" + "[".repeat(100_000), 0)));
  }

  @Test
  void refusesAHeaderLengthBeyondTheFileWithoutAllocatingIt() throws IOException {
    for (long claimed : new long[] {-1, 0, 1, 99_999_999, 1L << 40, Long.MAX_VALUE}) {
      byte[] bytes =
          ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(claimed).array();
      String code = codeOf(Files.write(dir.resolve("x" + claimed), bytes));
      assertTrue(code.equals("safetensors.header") || code.equals("safetensors.truncated"), code);
    }
    assertEquals("safetensors.truncated", codeOf(Files.write(dir.resolve("short"), new byte[3])));
    assertEquals("safetensors.missing", codeOf(dir.resolve("none")));
  }

  @Test
  void everyTruncationAndRandomDamageGivesATypedErrorOrAReadableFile() throws IOException {
    Path file = dir.resolve("good.safetensors");
    SafetensorsWriter.write(
        file,
        Map.of(),
        List.of(SafetensorsWriter.Entry.ofFloats("w", List.of(4L, 4L), new float[16])));
    byte[] good = Files.readAllBytes(file);
    for (int length = 0; length < good.length; length++) {
      Path cut = Files.write(dir.resolve("cut"), Arrays.copyOf(good, length));
      assertThrows(FormatException.class, () -> SafetensorsFile.open(cut).close());
    }
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      byte[] bad = good.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Path damaged = Files.write(dir.resolve("damaged"), bad);
      try (SafetensorsFile f = SafetensorsFile.open(damaged)) {
        f.tensors().keySet().forEach(f::map);
      } catch (FormatException expected) {
        assertTrue(expected.code().startsWith("safetensors."));
      }
    }
  }
}
