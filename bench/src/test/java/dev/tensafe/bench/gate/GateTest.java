package dev.tensafe.bench.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.bench.BenchException;
import dev.tensafe.formats.CodedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GateTest {
  @TempDir private Path directory;

  private static BenchRun run(Map<String, Double> nanos) {
    return new BenchRun("a processor", 2, "avx2", "17.0.1", nanos);
  }

  @Test
  void aFigurePassesUpToTheRatioAndNotBeyond() {
    Gate gate = new Gate(1.25);
    List<Gate.Comparison> all =
        gate.compare(
            run(Map.of("a", 100.0, "b", 100.0, "c", 100.0)),
            run(Map.of("a", 125.0, "b", 125.1, "c", 3.0)));
    assertEquals(List.of("a", "b", "c"), all.stream().map(Gate.Comparison::figure).toList());
    assertTrue(gate.passes(all.get(0)));
    assertFalse(gate.passes(all.get(1)));
    assertTrue(gate.passes(all.get(2)));
    assertEquals(0.03, all.get(2).ratio(), 1e-12);
  }

  @Test
  void runsOfOtherMachinesOrOtherFiguresAreNotCompared() {
    BenchRun here = run(Map.of("a", 1.0));
    for (BenchRun other :
        List.of(
            new BenchRun("another", 2, "avx2", "17.0.1", Map.of("a", 1.0)),
            new BenchRun("a processor", 4, "avx2", "17.0.1", Map.of("a", 1.0)),
            new BenchRun("a processor", 2, "scalar", "17.0.1", Map.of("a", 1.0)))) {
      BenchException e = assertThrows(BenchException.class, () -> new Gate(2).compare(other, here));
      assertEquals("bench.other_machine", e.code());
    }
    BenchException e =
        assertThrows(
            BenchException.class,
            () -> new Gate(2).compare(here, run(Map.of("a", 1.0, "new one", 1.0))));
    assertEquals("bench.other_figures", e.code());
    assertTrue(e.getMessage().contains("new one"), e.getMessage());
  }

  @Test
  void aRunComesBackAsItWasWritten() {
    Path file = directory.resolve("run.json");
    BenchRun run = run(Map.of("a", 0.125, "b", 123456.5));
    run.write(file);
    assertEquals(run, BenchRun.read(file));
    run(Map.of("a", 7.0)).write(file);
    assertEquals(Map.of("a", 7.0), BenchRun.read(file).nanos());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"format\": \"tensafe-bench-run/v2\"}",
        "{\"format\": \"tensafe-bench-run/v1\", \"processor\": \"p\", \"processors\": 2, \"kernels\": \"k\","
            + " \"java\": \"17\", \"nanos\": {}}",
        "{\"format\": \"tensafe-bench-run/v1\", \"processor\": \"p\", \"processors\": 2, \"kernels\": \"k\","
            + " \"java\": \"17\", \"nanos\": {\"a\": 0}}",
        "{\"format\": \"tensafe-bench-run/v1\", \"processor\": \"p\", \"processors\": 2, \"kernels\": \"k\","
            + " \"java\": \"17\", \"nanos\": {\"a\": 1e999}}",
        "{\"format\": \"tensafe-bench-run/v1\", \"processor\": \"p\", \"processors\": 2, \"kernels\": \"k\","
            + " \"java\": \"17\", \"nanos\": {\"a\": \"fast\"}}",
        "{\"format\": \"tensafe-bench-run/v1\", \"processor\": 1, \"processors\": 2, \"kernels\": \"k\","
            + " \"java\": \"17\", \"nanos\": {\"a\": 1}}"
      })
  void whatIsNoRunIsRefused(String text) throws Exception {
    Path file = Files.writeString(directory.resolve("bad.json"), text);
    CodedException e = assertThrows(CodedException.class, () -> BenchRun.read(file));
    assertTrue(e.code().startsWith("bench."), e.code());
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path file = directory.resolve("absent.json");
    CodedException e = assertThrows(CodedException.class, () -> BenchRun.read(file));
    assertTrue(e.getMessage().contains("absent.json"), e.getMessage());
  }
}
