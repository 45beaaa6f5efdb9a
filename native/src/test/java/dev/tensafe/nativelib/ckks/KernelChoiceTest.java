package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The environment variable is read in a process of its own, as it would be by a server. */
class KernelChoiceTest {
  /** What the other process runs. */
  static final class Describe {
    private Describe() {}

    public static void main(String[] args) {
      try (CkksContext context = CkksContext.open(CkksParameters.FAST)) {
        System.out.print(context.description());
      } catch (CkksException e) {
        System.out.print(e.code() + ": " + e.description());
      }
    }
  }

  private static String describe(String kernel) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Describe.class.getName());
    builder.environment().put("TENSAFE_CKKS_KERNEL", kernel);
    Path log = Files.createTempFile("kernel-choice", ".log");
    builder.redirectError(log.toFile());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
    // what was chosen and why is in the log too
    String logged = Files.readString(log);
    assertTrue(out.startsWith("ckks.") || logged.contains(out), logged);
    Files.delete(log);
    return out;
  }

  @Test
  void everyRunnableKernelCanBeForced() throws Exception {
    for (String kernel : Kernels.names()) {
      String said = describe(kernel);
      assertTrue(
          said.startsWith("ckks kernel " + kernel + " (asked for by TENSAFE_CKKS_KERNEL)"), said);
    }
  }

  @Test
  void theBestOneIsChosenWithItsReason() throws Exception {
    String best = Kernels.names().get(Kernels.names().size() - 1);
    String said = describe("");
    assertTrue(said.startsWith("ckks kernel " + best + " (the processor has "), said);
    assertTrue(said.contains("AES-256-CTR by "), said);
  }

  @Test
  void anUnknownOrImpossibleKernelIsAnError() throws Exception {
    assertTrue(describe("sse9").startsWith("ckks.unsupported_platform: "), describe("sse9"));
    CkksException e =
        assertThrows(CkksException.class, () -> CkksContext.open(CkksParameters.FAST, "neon"));
    assertEquals(CkksException.Reason.UNSUPPORTED_PLATFORM, e.reason());
    if (!Kernels.names().contains("avx512ifma")) {
      String said = describe("avx512ifma");
      assertTrue(said.startsWith("ckks.unsupported_platform: ") && said.contains("IFMA"), said);
    }
  }
}
