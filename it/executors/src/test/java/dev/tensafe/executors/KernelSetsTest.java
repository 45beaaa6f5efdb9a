package dev.tensafe.executors;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.nativelib.KernelLevel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every set of kernels gives the same bits, each in a process of its own, as a server has it. */
class KernelSetsTest {
  @TempDir private Path dir;

  private List<String> digest(String level, long seed) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Digest.class.getName(),
            dir.resolve("model").toString(),
            Long.toString(seed));
    builder.environment().put(KernelLevel.VARIABLE, level);
    Path log = dir.resolve("log");
    builder.redirectError(log.toFile());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), () -> out + read(log));
    return out.lines().toList();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void everySetGivesTheBitsOfThePlainOne() throws Exception {
    long seed = System.nanoTime();
    System.out.println("KernelSetsTest seed " + seed);
    LoadedModel.write(dir.resolve("model"), Numbers.MODEL, DType.F32);
    List<String> plain = digest("scalar", seed);
    assertEquals(Numbers.values().length, plain.size(), plain.toString());
    assertEquals(plain.size(), plain.stream().distinct().count());
    List<String> skipped = new ArrayList<>();
    for (String level : List.of("avx2", "avx512", "amx")) {
      if (level.equals("amx") && System.getenv("AMX_TESTS") == null) {
        System.out.println("SKIPPED: level amx: AMX_TESTS is not set");
        continue;
      }
      List<String> got = digest(level, seed);
      if (got.equals(List.of("native.unsupported_kernels"))) {
        skipped.add(level);
      } else {
        assertEquals(plain, got, level);
      }
    }
    if (!skipped.isEmpty()) {
      System.out.println("SKIPPED: this processor lacks " + skipped);
    }
  }
}
