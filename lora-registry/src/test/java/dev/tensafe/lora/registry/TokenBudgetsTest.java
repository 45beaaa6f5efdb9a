package dev.tensafe.lora.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.ledger.TokenReservation;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.tssp.manifest.Policy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Owners get no token less than they allowed, and users none more, also across crashes. */
class TokenBudgetsTest {
  @TempDir private Path directory;
  private Instant now = Instant.parse("2026-11-21T23:59:00Z");

  private final List<TokenBudgets> opened = new ArrayList<>();

  private TokenBudgets open() {
    TokenBudgets budgets = TokenBudgets.open(directory, () -> now);
    opened.add(budgets);
    return budgets;
  }

  /** What is written in the background must not meet a directory that is being deleted. */
  @AfterEach
  void close() {
    opened.forEach(TokenBudgets::close);
  }

  private static AdapterInfo info(OptionalLong daily, OptionalLong total) {
    return AdapterTableTest.info("a", 1, new Policy(List.of(), daily, total, false, false));
  }

  private static void refused(TokenBudgets budgets, AdapterInfo info, String tenant, long tokens) {
    AdapterException e =
        assertThrows(AdapterException.class, () -> budgets.reserve(info, tenant, tokens));
    assertEquals("adapter.budget_exhausted", e.code());
  }

  @Test
  void reservationsCountUntilTheyAreSettled() {
    AdapterInfo info = info(OptionalLong.empty(), OptionalLong.of(100));
    TokenBudgets budgets = open();
    TokenReservation first = budgets.reserve(info, "t", 60);
    refused(budgets, info, "u", 41);
    first.settle(10);
    first.settle(10);
    TokenReservation second = budgets.reserve(info, "u", 90);
    refused(budgets, info, "u", 1);
    second.settle(90);
    refused(budgets, info, "t", 1);
  }

  @Test
  void aDaysBudgetIsEachTenantsOwnAndBeginsAnewAtMidnight() {
    AdapterInfo info = info(OptionalLong.of(10), OptionalLong.empty());
    TokenBudgets budgets = open();
    budgets.reserve(info, "t", 10).settle(10);
    refused(budgets, info, "t", 1);
    budgets.reserve(info, "u", 10).settle(10);
    now = now.plus(Duration.ofMinutes(1));
    budgets.reserve(info, "t", 10).settle(10);
    refused(budgets, info, "t", 1);
  }

  @Test
  void aCrashForgetsNothing() throws Exception {
    AdapterInfo info = info(OptionalLong.empty(), OptionalLong.of(10_000));
    TokenBudgets budgets = open();
    for (int i = 0; i < 50; i++) {
      budgets.reserve(info, "t", 100).settle(70);
    }
    crash();
    // 3,500 used; a hundredth of the limit and one reservation more are on disk at most
    TokenBudgets after = open();
    refused(after, info, "t", 6_501);
    after.reserve(info, "t", 10_000 - 3_500 - 100 - 100).settle(0);
  }

  /** What comes after finds a copy of the files. */
  private void crash() throws Exception {
    Path after = Files.createDirectory(directory.resolve("after"));
    Files.copy(directory.resolve("usage.json"), after.resolve("usage.json"));
    directory = after;
  }

  private long recorded() throws Exception {
    return new ObjectMapper()
        .readTree(directory.resolve("usage.json").toFile())
        .at("/used/all/a1/")
        .longValue();
  }

  @Test
  void aRestartCostsNothing() throws Exception {
    AdapterInfo info = info(OptionalLong.empty(), OptionalLong.of(100_000));
    for (int i = 0; i < 4; i++) {
      try (TokenBudgets budgets = open()) {
        budgets.reserve(info, "t", 8192).settle(50);
      }
    }
    assertEquals(200, recorded());
  }

  @Test
  void requestsThatRanAtOnceCostNothingAfterARestart() throws Exception {
    AdapterInfo info = info(OptionalLong.empty(), OptionalLong.of(100_000));
    try (TokenBudgets budgets = open()) {
      List<TokenReservation> running = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        running.add(budgets.reserve(info, "t", 8192));
      }
      running.forEach(r -> r.settle(50));
    }
    assertEquals(600, recorded());
    try (TokenBudgets budgets = open()) {
      budgets.reserve(info, "t", 99_400).settle(99_400);
      refused(budgets, info, "t", 1);
    }
    assertEquals(100_000, recorded());
  }

  @Test
  void aRecordThatCannotBeWrittenRefusesTheRequest() throws Exception {
    AdapterInfo info = info(OptionalLong.empty(), OptionalLong.of(100));
    directory = Files.createDirectory(directory.resolve("gone"));
    TokenBudgets budgets = open();
    Files.delete(directory.resolve("usage.json.lock"));
    Files.delete(directory);
    AdapterException e = assertThrows(AdapterException.class, () -> budgets.reserve(info, "t", 10));
    assertEquals("adapter.storage", e.code());
    Files.createDirectory(directory);
    budgets.reserve(info, "t", 100).settle(1);
    budgets.close();
    assertEquals(1, recorded());
  }

  @Test
  void aRecordThatIsDamagedIsNotTakenForAnEmptyOne() throws Exception {
    Files.writeString(directory.resolve("usage.json"), "{\"format\":\"tensafe-usage/v1\",");
    assertEquals("adapter.storage", assertThrows(AdapterException.class, this::open).code());
    Files.writeString(
        directory.resolve("usage.json"),
        "{\"format\":\"tensafe-usage/v1\",\"used\":{\"all\":{\"d\":{\"\":-5}}}}");
    assertEquals("adapter.storage", assertThrows(AdapterException.class, this::open).code());
  }

  @Test
  void withoutABudgetNothingIsWritten() {
    try (TokenBudgets budgets = open()) {
      budgets.reserve(info(OptionalLong.empty(), OptionalLong.empty()), "t", 1L << 40).settle(1);
    }
    assertTrue(Files.notExists(directory.resolve("usage.json")));
  }
}
