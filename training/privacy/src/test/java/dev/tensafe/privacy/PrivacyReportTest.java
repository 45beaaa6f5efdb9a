package dev.tensafe.privacy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivacyReportTest {
  private static final DataSetId DATA = new DataSetId("acme", "letters");
  private static final PrivacyBudget BUDGET = new PrivacyBudget(8, 1e-5);
  private static final PrivateRun SAMPLED =
      new PrivateRun("second", BatchChoice.SERVER_SAMPLED, 0.5);

  @TempDir Path directory;

  private BudgetLedger open() {
    return BudgetLedger.open(directory, InstantSource.system());
  }

  private static List<SampledGaussian> events(JsonNode node) {
    List<SampledGaussian> events = new ArrayList<>();
    for (JsonNode event : node) {
      events.add(
          new SampledGaussian(
              event.path("rate").doubleValue(),
              event.path("noise_multiplier").doubleValue(),
              event.path("steps").longValue()));
    }
    return events;
  }

  /** An auditor who has only the JSON comes to the same figures. */
  @Test
  void epsilonCanBeComputedAgainFromTheReport() throws IOException {
    try (BudgetLedger ledger = open()) {
      ledger.charge(DATA, "first", new SampledGaussian(1, 20, 5), BUDGET);
      ledger.charge(DATA, "second", new SampledGaussian(0.02, 1, 200), BUDGET);
      ledger.charge(DATA, "second", new SampledGaussian(0.01, 1, 50), BUDGET);
      PrivacyReport report =
          PrivacyReport.of(DATA, SAMPLED, ledger.spent(DATA, 1e-5), Optional.of(BUDGET));
      JsonNode json = new ObjectMapper().readTree(report.json().toString());
      for (String part : List.of("run", "all_runs")) {
        JsonNode node = json.path(part);
        List<SampledGaussian> events = events(node.path("events"));
        assertEquals(
            new RdpAccountant().epsilon(events, 1e-5), node.path("epsilon_rdp").doubleValue());
        assertEquals(
            new PrvAccountant().epsilon(events, 1e-5), node.path("epsilon_prv").doubleValue());
        assertTrue(node.path("private").booleanValue());
      }
      assertEquals(
          250,
          events(json.path("run").path("events")).stream().mapToLong(SampledGaussian::steps).sum());
      assertEquals(3, json.path("all_runs").path("runs").size());
      assertEquals(ledger.mark(DATA).digest(), json.path("ledger").path("digest").textValue());
      assertEquals("poisson", json.path("sampling").textValue());
      assertEquals(0.5, json.path("max_grad_norm").doubleValue());
      assertEquals(8, json.path("budget").path("epsilon").doubleValue());
      assertEquals(PrivacyReport.NOT_COVERED.size(), json.path("not_covered").size());
      String text = report.text();
      assertTrue(text.contains("200 steps, q = 0.02, sigma = 1.0"), text);
      assertTrue(text.contains("validation loss"), text);
      assertFalse(text.contains("NOT PRIVATE"), text);
    }
  }

  @Test
  void oneUnprotectedStepLeavesNoEpsilon() {
    try (BudgetLedger ledger = open()) {
      ledger.charge(DATA, "second", new SampledGaussian(0.02, 1, 200), BUDGET);
      ledger.recordNotPrivate(DATA, "first", "seeded", 1);
      SpentBudget spent = ledger.spent(DATA, 1e-5);
      PrivacyReport second = PrivacyReport.of(DATA, SAMPLED, spent, Optional.empty());
      assertTrue(second.isPrivate());
      assertTrue(second.epsilonPrv() > 0 && second.epsilonPrv() <= second.epsilonRdp());
      assertTrue(second.json().path("run").path("epsilon_rdp").isNumber());
      assertTrue(second.json().path("all_runs").path("epsilon_rdp").isNull());
      PrivateRun seeded = new PrivateRun("first", BatchChoice.SERVER_SAMPLED, 0.5);
      PrivacyReport first = PrivacyReport.of(DATA, seeded, spent, Optional.empty());
      assertFalse(first.isPrivate());
      assertTrue(first.json().path("run").path("epsilon_prv").isNull());
      assertTrue(first.text().contains("not private: seeded"), first.text());
      assertTrue(first.text().contains("NOT PRIVATE"), first.text());
    }
  }

  @Test
  void chosenBatchesClaimNothingForSampling() {
    try (BudgetLedger ledger = open()) {
      PrivateRun chosen = new PrivateRun("second", BatchChoice.CLIENT_CHOSEN, 1);
      ledger.charge(DATA, "second", new SampledGaussian(1, 5, 2), BUDGET);
      PrivacyReport report =
          PrivacyReport.of(DATA, chosen, ledger.spent(DATA, 1e-5), Optional.empty());
      assertEquals("chosen_by_client", report.json().path("sampling").textValue());
      ledger.charge(DATA, "second", new SampledGaussian(0.5, 5, 1), BUDGET);
      SpentBudget spent = ledger.spent(DATA, 1e-5);
      assertEquals(
          "privacy.invalid",
          assertThrows(
                  PrivacyException.class,
                  () -> PrivacyReport.of(DATA, chosen, spent, Optional.empty()))
              .code());
      assertThrows(PrivacyException.class, () -> new PrivateRun("x", BatchChoice.CLIENT_CHOSEN, 0));
    }
  }
}
