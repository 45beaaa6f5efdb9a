package dev.tensafe.bench.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GateStepsTest {
  @Test
  void everyLoadHasATimeInBothFormats() {
    try (GateSteps steps = GateSteps.open()) {
      Map<String, Double> nanos = steps.round(1);
      assertEquals(
          Set.of(
              "step bf16 decode 1",
              "step bf16 decode 8",
              "step bf16 decode 32",
              "step bf16 prefill 128",
              "step int8 decode 1",
              "step int8 decode 8",
              "step int8 decode 32",
              "step int8 prefill 128"),
          nanos.keySet());
      assertTrue(nanos.values().stream().allMatch(value -> value > 0), nanos.toString());
    }
  }
}
