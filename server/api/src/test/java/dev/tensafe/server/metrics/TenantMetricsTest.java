package dev.tensafe.server.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.engine.DraftCounts;
import dev.tensafe.batching.engine.StepReport;
import dev.tensafe.batching.schedule.StepPlan;
import dev.tensafe.runtime.metrics.Families;
import io.micrometer.core.instrument.Counter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TenantMetricsTest {
  private final Families families = new Families();
  private final TenantMetrics metrics = new TenantMetrics(families);

  /** A step that gave each tenant so many nanoseconds. */
  private void step(Map<String, Double> nanos) {
    StepPlan nothing = new StepPlan(List.of(), List.of());
    metrics.onStep(new StepReport(nothing, DraftCounts.NONE, Map.of(), nanos));
  }

  /** Seconds by label. */
  private Map<String, Double> seconds() {
    Map<String, Double> seconds = new HashMap<>();
    for (Counter counter : families.registry().find("tensafe_tenant_seconds").counters()) {
      assertEquals(1, counter.getId().getTags().size());
      seconds.put(String.valueOf(counter.getId().getTag("tenant")), counter.count());
    }
    return seconds;
  }

  @Test
  void nanosecondsOfStepsAddUpToSecondsOfTheirTenants() {
    step(Map.of("a", 1.5e9, "b", 0.25e9));
    step(Map.of("b", 0.5e9));
    step(Map.of());
    assertEquals(Map.of("a", 1.5, "b", 0.75), seconds());
    assertTrue(
        families.registry().scrape().contains("tensafe_tenant_seconds_total{tenant=\"b\"} 0.75"));
  }

  @Test
  void withoutKeysTheOnlyTenantIsNobody() {
    step(Map.of("", 2e9));
    assertEquals(Map.of("_anonymous", 2.0), seconds());
  }

  @Test
  void theFirstHundredTenantsHaveNamesAndTheOthersCountTogether() {
    for (int i = 0; i < 130; i++) {
      step(Map.of("tenant-" + i, 1e9));
    }
    for (int i = 99; i < 101; i++) {
      step(Map.of("tenant-" + i, 1e9));
    }
    Map<String, Double> seconds = seconds();
    assertEquals(101, seconds.size());
    assertEquals(1, seconds.get("tenant-0"));
    assertEquals(2, seconds.get("tenant-99"), "whoever has a name keeps it");
    assertEquals(31, seconds.get("_other"));
    assertFalse(seconds.containsKey("tenant-100"));
  }
}
