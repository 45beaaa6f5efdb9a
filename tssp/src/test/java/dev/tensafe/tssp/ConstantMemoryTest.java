package dev.tensafe.tssp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.tssp.fixture.LargePackages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters larger than all the memory of the process: 2 GiB are in docs/BENCHMARKS.md. */
class ConstantMemoryTest {
  @Test
  void packagesAreLargerThanTheMemory(@TempDir Path directory) throws Exception {
    String output = run(directory, 48);
    assertTrue(output.contains("plain: adapter of 96 MiB"), output);
  }

  @Tag("long")
  @Test
  void packagesAreManyTimesLargerThanTheMemory(@TempDir Path directory) throws Exception {
    String output = run(directory, 160);
    assertTrue(output.contains("plain: adapter of 320 MiB"), output);
  }

  private static String run(Path directory, int plainLayers)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx48m",
                    "-XX:MaxDirectMemorySize=4m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    LargePackages.class.getName(),
                    directory.toString(),
                    Integer.toString(plainLayers)))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), output);
    System.out.print(output);
    assertTrue(output.contains("he: adapter of 50 MiB"), output);
    return output;
  }
}
