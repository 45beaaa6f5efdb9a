package dev.tensafe.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.logits.LogitScan;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankAdapter.ElementType;
import dev.tensafe.nativelib.lora.LowRankAdapter.Module;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The environment variable is read in a process of its own, as it would be by a server. */
class KernelLevelTest {
  /** What the other process runs: every part once, then a line for each that says with what. */
  static final class Describe {
    private Describe() {}

    public static void main(String[] args) {
      say(KernelLevel::description);
      say(() -> "ring " + ring());
      say(() -> "low-rank " + lowRank());
      say(() -> "logits " + logits());
    }

    private static void say(java.util.function.Supplier<String> part) {
      try {
        System.out.println(part.get());
      } catch (NativeException e) {
        System.out.println(e.code() + ": " + e.description());
      }
    }

    private static String ring() {
      try (CkksContext context = CkksContext.open(CkksParameters.FAST)) {
        return context.kernel();
      }
    }

    private static String lowRank() {
      try (LowRankAdapter adapter =
          new LowRankAdapter(1, List.of(new Module(0, 8, 8, 2, 1f, ElementType.F32)))) {
        LowRankBatch batch = new LowRankBatch();
        batch.begin(List.of(adapter), List.of(new int[] {0}));
        FloatBuffer x =
            ByteBuffer.allocateDirect(32).order(ByteOrder.nativeOrder()).asFloatBuffer();
        batch.shrink(0, 1, x, 8);
        return LowRankBatch.kernel();
      }
    }

    private static String logits() {
      FloatBuffer row =
          ByteBuffer.allocateDirect(32).order(ByteOrder.nativeOrder()).asFloatBuffer();
      new LogitScan(8).mostLikely(row);
      return LogitScan.kernel();
    }
  }

  private static final Path CPU = Path.of("/proc/cpuinfo");

  @TempDir Path directory;

  /** Output lines of a process with this level asked for; its log is in {@code log}. */
  private List<String> describe(String level) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Describe.class.getName());
    builder.environment().put(KernelLevel.VARIABLE, level);
    builder.redirectError(directory.resolve("log").toFile());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out + log());
    return out.lines().toList();
  }

  private String log() throws IOException {
    return Files.readString(directory.resolve("log"));
  }

  @Test
  void everyRunnableLevelCanBeForcedOnAllParts() throws Exception {
    for (String level : RunnableLevels.names()) {
      String ring = RunnableLevels.RING_KERNELS.get(RunnableLevels.ALL.indexOf(level));
      String lowRank = level.equals("scalar") ? "scalar" : "avx2";
      String logits = level.equals("amx") ? "avx512" : level;
      List<String> said = describe(level);
      String line = said.get(0);
      String asked = "native kernels " + level + " (asked for by TENSAFE_NATIVE_KERNELS): decoder ";
      assertTrue(line.startsWith(asked + level), line);
      assertTrue(
          line.contains(
              ", logits " + logits + ", ckks " + ring + ", low-rank " + lowRank + ", AES-256-CTR "),
          line);
      assertEquals(level.equals("scalar"), line.endsWith("AES-256-CTR portable"), line);
      assertEquals(
          List.of("ring " + ring, "low-rank " + lowRank, "logits " + logits), said.subList(1, 4));
      assertEquals(1, log().split("native kernels ", -1).length - 1, log());
      assertTrue(log().contains(line), log());
    }
  }

  @Test
  void theBestOneIsChosenWithItsReason() throws Exception {
    String best = RunnableLevels.names().get(RunnableLevels.names().size() - 1);
    String line = describe("").get(0);
    assertTrue(line.startsWith("native kernels " + best + " ("), line);
    assertFalse(line.contains("asked for"), line);
    assertTrue(log().contains(line), log());
  }

  @Test
  void aLevelThatDoesNotExistIsRefusedByEveryPart() throws Exception {
    List<String> said = describe("sse9");
    String refusal =
        "native.unsupported_kernels: TENSAFE_NATIVE_KERNELS is \"sse9\"; possible here: "
            + String.join(", ", RunnableLevels.names());
    assertEquals(List.of(refusal, refusal, refusal, refusal), said);
    assertTrue(log().contains("TENSAFE_NATIVE_KERNELS is \"sse9\""), log());
  }

  @Test
  void aLevelThatThisProcessorCannotRunIsRefusedByEveryPart() throws Exception {
    for (String level : RunnableLevels.ALL) {
      // taken only when asked for, so it is no runnable one where the processor has it
      boolean onRequest = level.equals("amx") && Files.readString(CPU).contains("amx_tile");
      if (!RunnableLevels.names().contains(level) && !onRequest) {
        for (String line : describe(level)) {
          assertTrue(line.startsWith("native.unsupported_kernels: "), line);
          assertTrue(line.contains("lacks "), line);
        }
      }
    }
  }

  @Test
  void aContextRefusesALevelThatDoesNotExist() {
    NativeException e =
        assertThrows(NativeException.class, () -> CkksContext.open(CkksParameters.FAST, "neon"));
    assertEquals("native.unsupported_kernels", e.code());
    assertTrue(e.description().contains("\"neon\""), e.description());
  }
}
