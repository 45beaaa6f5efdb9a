package dev.tensafe.privacy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.testkit.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetLedgerTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-28T09:00:00Z"));
  private static final DataSetId DATA = new DataSetId("acme", "sha256:1f");
  private static final SampledGaussian STEP = new SampledGaussian(0.05, 1, 1);

  /** Its divergences are computed in no time. */
  private static final SampledGaussian PLAIN = new SampledGaussian(1, 50, 1);

  private static final PrivacyBudget BUDGET = new PrivacyBudget(2.5, 1e-5);
  private static final RdpAccountant RDP = new RdpAccountant();

  @TempDir Path directory;

  private BudgetLedger open() {
    return BudgetLedger.open(directory, CLOCK);
  }

  private static void refused(String code, Runnable call) {
    PrivacyException e = assertThrows(PrivacyException.class, call::run);
    assertEquals(code, e.code(), e.description());
  }

  private Path file() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> f.toString().endsWith(".ledger")).findFirst().orElseThrow();
    }
  }

  private static double[] times(double[] curve, int steps) {
    return Arrays.stream(curve).map(d -> steps * d).toArray();
  }

  private static long steps(SpentBudget spent) {
    return spent.events().stream().mapToLong(SampledGaussian::steps).sum();
  }

  @Test
  void chargesAreMadeUntilTheNextWouldExceedTheBudget() throws IOException {
    double[] one = RDP.stepCurve(STEP.rate(), STEP.noiseMultiplier());
    int most = 0;
    while (RDP.epsilon(times(one, most + 1), 1e-5) <= 2.5) {
      most++;
    }
    try (BudgetLedger ledger = open()) {
      for (int i = 0; i < most; i++) {
        ledger.charge(DATA, "run", STEP, BUDGET);
      }
      byte[] before = Files.readAllBytes(file());
      refused("privacy.budget_exhausted", () -> ledger.charge(DATA, "run", STEP, BUDGET));
      refused(
          "privacy.budget_exhausted",
          () -> ledger.charge(DATA, "other", new SampledGaussian(1, 0.6, 1), BUDGET));
      assertTrue(Arrays.equals(before, Files.readAllBytes(file())), "nothing was recorded");
      SpentBudget spent = ledger.spent(DATA, 1e-5);
      assertEquals(List.of(STEP.withSteps(most)), spent.events());
      assertEquals(RDP.epsilon(spent.events(), 1e-5), spent.epsilon(), 1e-12);
      assertTrue(spent.epsilon() <= 2.5 && spent.isPrivate());
      assertEquals(spent, ledger.spent(DATA, 1e-5));
    }
    try (BudgetLedger again = open()) {
      refused("privacy.budget_exhausted", () -> again.charge(DATA, "run", STEP, BUDGET));
      assertEquals(most, steps(again.spent(DATA, 1e-5)));
      again.charge(DATA, "run", STEP, new PrivacyBudget(2.6, 1e-5));
      again.charge(new DataSetId("acme", "other"), "run", STEP, BUDGET);
      again.charge(new DataSetId("other", DATA.name()), "run", STEP, BUDGET);
      assertEquals(
          Set.of(DATA, new DataSetId("acme", "other"), new DataSetId("other", DATA.name())),
          Set.copyOf(again.dataSets()));
    }
  }

  @Test
  void aRefusedFirstChargeLeavesNoFile() throws IOException {
    try (BudgetLedger ledger = open()) {
      refused(
          "privacy.budget_exhausted",
          () -> ledger.charge(DATA, "run", new SampledGaussian(1, 0.5, 1), BUDGET));
      try (Stream<Path> files = Files.list(directory)) {
        assertEquals(List.of("lock"), files.map(f -> f.getFileName().toString()).toList());
      }
      assertEquals(0, ledger.spent(DATA, 1e-5).epsilon());
    }
  }

  @Test
  void whatIsSpentSurvivesAsItWas() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<SampledGaussian> all = new ArrayList<>();
    PrivacyBudget large = new PrivacyBudget(1e6, 1e-6);
    SpentBudget last = null;
    for (int opening = 0; opening < 10; opening++) {
      try (BudgetLedger ledger = open()) {
        if (last != null) {
          assertEquals(last, ledger.spent(DATA, 1e-6), "seed " + seed);
          assertEquals(0, ledger.requireKnown(DATA, last.mark()));
        }
        for (int i = random.nextInt(20); i >= 0; i--) {
          SampledGaussian step =
              new SampledGaussian(
                  new double[] {1, 0.01, 1.0 / 3}[random.nextInt(3)],
                  new double[] {1, Math.PI, 20}[random.nextInt(3)],
                  1 + random.nextInt(3));
          all.add(step);
          ledger.charge(DATA, "run" + random.nextInt(3), step, large);
        }
        last = ledger.spent(DATA, 1e-6);
        assertEquals(RDP.epsilon(all, 1e-6), last.epsilon(), 1e-9, "seed " + seed);
        assertEquals(steps(last), last.runs().stream().mapToLong(r -> r.event().steps()).sum());
      }
    }
  }

  @Test
  void stepsThatNothingProtectsAreKeptApart() {
    try (BudgetLedger ledger = open()) {
      ledger.recordNotPrivate(DATA, "run", "seeded", 3);
      ledger.charge(DATA, "run", STEP, BUDGET);
      ledger.recordNotPrivate(DATA, "run", "seeded", 4);
      refused("privacy.invalid", () -> ledger.recordNotPrivate(DATA, "run", "seeded", 0));
    }
    try (BudgetLedger ledger = open()) {
      SpentBudget spent = ledger.spent(DATA, 1e-5);
      assertEquals(List.of(new OpenSteps("run", "seeded", 7)), spent.notPrivate());
      assertFalse(spent.isPrivate());
      assertEquals(List.of(STEP), spent.events());
    }
  }

  /** Whatever part of the last line is left, the step that it stood for stays spent. */
  @Test
  void aTornLastLineGivesNothingBack() throws IOException {
    try (BudgetLedger ledger = open()) {
      ledger.charge(DATA, "run", PLAIN, BUDGET);
      ledger.charge(DATA, "run", new SampledGaussian(1, 30, 1), BUDGET);
      ledger.charge(DATA, "run", PLAIN, BUDGET);
    }
    byte[] whole = Files.readAllBytes(file());
    int lastLine = new String(whole, UTF_8).trim().lastIndexOf('\n') + 1;
    for (int cut = 1; cut < whole.length - lastLine; cut++) {
      Files.write(file(), Arrays.copyOf(whole, whole.length - cut));
      long expected = cut == 1 ? 3 : 4;
      for (int opening = 0; opening < 2; opening++) {
        try (BudgetLedger ledger = open()) {
          SpentBudget spent = ledger.spent(DATA, 1e-5);
          assertEquals(expected, steps(spent), cut + " bytes cut, opening " + opening);
          assertTrue(spent.events().contains(PLAIN.withSteps(2 + opening)), cut + " bytes cut");
          ledger.charge(DATA, "run", PLAIN, BUDGET);
          expected++;
        }
      }
    }
  }

  @Test
  void whatTheFileSystemPutAtTheEndIsATornLine() throws IOException {
    try (BudgetLedger ledger = open()) {
      ledger.charge(DATA, "run", STEP, BUDGET);
    }
    Files.write(file(), new byte[500], java.nio.file.StandardOpenOption.APPEND);
    try (BudgetLedger ledger = open()) {
      assertEquals(2, steps(ledger.spent(DATA, 1e-5)));
      assertEquals("(torn line)", ledger.spent(DATA, 1e-5).runs().get(1).run());
    }
  }

  @Test
  void anyChangedByteOfAWholeLineMakesTheDataSetUnusable() throws IOException {
    try (BudgetLedger ledger = open()) {
      ledger.charge(DATA, "run", PLAIN, BUDGET);
      ledger.charge(DATA, "run", PLAIN, BUDGET);
    }
    byte[] whole = Files.readAllBytes(file());
    for (int at = 0; at < whole.length - 1; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      Files.write(file(), damaged);
      try (BudgetLedger ledger = open()) {
        refused("privacy.ledger_malformed", () -> ledger.spent(DATA, 1e-5));
        refused("privacy.ledger_malformed", () -> ledger.charge(DATA, "run", PLAIN, BUDGET));
        assertEquals(0, ledger.spent(new DataSetId("acme", "sound"), 1e-5).epsilon());
      }
      assertTrue(Arrays.equals(damaged, Files.readAllBytes(file())), "byte " + at);
    }
    for (int size = 0; size < new String(whole, UTF_8).indexOf('\n'); size += 7) {
      Files.write(file(), Arrays.copyOf(whole, size));
      try (BudgetLedger ledger = open()) {
        refused("privacy.ledger_malformed", () -> ledger.spent(DATA, 1e-5));
      }
    }
  }

  @Test
  void anOlderCopyIsKnownByWhoKeepsAMark() throws IOException {
    LedgerMark early;
    LedgerMark late;
    byte[] older;
    try (BudgetLedger ledger = open()) {
      assertEquals(0, ledger.requireKnown(DATA, ledger.mark(DATA)));
      early = ledger.charge(DATA, "run", STEP, BUDGET);
      older = Files.readAllBytes(file());
      late = ledger.charge(DATA, "run", STEP, BUDGET);
      assertEquals(late, ledger.mark(DATA));
      assertEquals(early.sequence() + 1, late.sequence());
      assertEquals(1, ledger.requireKnown(DATA, early));
      assertEquals(0, ledger.requireKnown(DATA, late));
      LedgerMark foreign = new LedgerMark(early.sequence(), late.digest());
      refused("privacy.ledger_stale", () -> ledger.requireKnown(DATA, foreign));
    }
    Files.write(file(), older);
    try (BudgetLedger ledger = open()) {
      assertEquals(0, ledger.requireKnown(DATA, early));
      refused("privacy.ledger_stale", () -> ledger.requireKnown(DATA, late));
      // as many lines again do not make it the same history
      LedgerMark other = ledger.charge(DATA, "another run", STEP, BUDGET);
      assertEquals(late.sequence(), other.sequence());
      assertNotEquals(late.digest(), other.digest());
      refused("privacy.ledger_stale", () -> ledger.requireKnown(DATA, late));
    }
    Files.delete(file());
    try (BudgetLedger ledger = open()) {
      refused("privacy.ledger_stale", () -> ledger.requireKnown(DATA, early));
    }
  }

  @Test
  void oneAtATimeHasIt() {
    BudgetLedger ledger = open();
    refused("privacy.ledger_in_use", this::open);
    ledger.close();
    ledger.close();
    refused("privacy.ledger_closed", () -> ledger.charge(DATA, "run", STEP, BUDGET));
    refused("privacy.ledger_closed", () -> ledger.spent(DATA, 1e-5));
    open().close();
  }

  @Test
  void chargesOfSeveralThreadsNeverSpendMoreThanTheBudget() throws Exception {
    PrivacyBudget small = new PrivacyBudget(RDP.epsilon(List.of(STEP.withSteps(50)), 1e-5), 1e-5);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (BudgetLedger ledger = open()) {
      List<Callable<Integer>> tasks = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        String run = "run" + t;
        tasks.add(
            () -> {
              int charged = 0;
              for (int i = 0; i < 20; i++) {
                try {
                  ledger.charge(DATA, run, STEP, small);
                  charged++;
                } catch (PrivacyException e) {
                  assertEquals("privacy.budget_exhausted", e.code());
                }
              }
              return charged;
            });
      }
      int charged = 0;
      for (Future<Integer> done : threads.invokeAll(tasks)) {
        charged += done.get();
      }
      assertEquals(50, charged);
      assertEquals(50, steps(ledger.spent(DATA, 1e-5)));
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aStepThatCannotBeRecordedIsRefusedAndTheRecordStaysWhole() throws IOException {
    PrivacyBudget large = new PrivacyBudget(1e6, 1e-5);
    try (SmallDisk disk = SmallDisk.mount(64);
        BudgetLedger ledger = BudgetLedger.open(disk.directory().resolve("privacy"), CLOCK)) {
      ledger.charge(DATA, "run", STEP, large);
      disk.fill(0);
      int charged = 1;
      boolean full = false;
      while (!full) {
        try {
          ledger.charge(DATA, "run", STEP, large);
          charged++;
        } catch (PrivacyException e) {
          assertEquals("privacy.ledger_storage", e.code());
          full = true;
        }
      }
      assertEquals(charged, steps(ledger.spent(DATA, 1e-5)));
      disk.free();
      ledger.charge(DATA, "run", STEP, large);
      assertEquals(charged + 1, steps(ledger.spent(DATA, 1e-5)));
    }
  }

  @Test
  void namesAndNumbersOutOfRangeAreRefused() {
    refused("privacy.invalid", () -> new DataSetId("", "x"));
    refused("privacy.invalid", () -> new DataSetId("x", "a\nb"));
    refused("privacy.invalid", () -> new DataSetId("x", "\ud800"));
    refused("privacy.invalid", () -> new DataSetId("x", "a".repeat(201)));
    refused("privacy.invalid", () -> new PrivacyBudget(0, 1e-5));
    refused("privacy.invalid", () -> new PrivacyBudget(Double.POSITIVE_INFINITY, 1e-5));
    refused("privacy.invalid", () -> new PrivacyBudget(1, 0));
    refused("privacy.invalid", () -> new LedgerMark(-1, "0".repeat(64)));
    refused("privacy.invalid", () -> new LedgerMark(1, "0".repeat(63)));
    try (BudgetLedger ledger = open()) {
      refused("privacy.invalid", () -> ledger.charge(DATA, "", STEP, BUDGET));
      PrivacyBudget all = new PrivacyBudget(1e300, 1e-5);
      SampledGaussian many = STEP.withSteps(SampledGaussian.MOST_STEPS);
      ledger.charge(DATA, "run", many, all);
      refused("privacy.invalid", () -> ledger.charge(DATA, "run", STEP, all));
      assertEquals(List.of(many), ledger.spent(DATA, 1e-5).events());
    }
  }

  @Test
  void namesOfAnyLettersAreKept() {
    DataSetId letters = new DataSetId("größe", "数据 \"1\" \\ 😀");
    try (BudgetLedger ledger = open()) {
      ledger.charge(letters, "läuft", STEP, BUDGET);
    }
    try (BudgetLedger ledger = open()) {
      assertEquals("läuft", ledger.spent(letters, 1e-5).runs().get(0).run());
      assertEquals(List.of(letters), ledger.dataSets());
    }
  }
}
