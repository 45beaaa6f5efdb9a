package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.he.HeException;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is answered is on disk before, and what goes beyond a budget is not answered. */
class TokenMeterTest {
  private static final int FIRST = 0;
  private static final int SECOND = 1;

  @TempDir Path directory;
  private Instant now = Instant.parse("2026-11-21T23:00:00Z");

  private TokenMeter open(OptionalLong perDay) {
    return TokenMeter.open(directory.resolve("usage.json"), () -> now, perDay);
  }

  private static SealedPart adapter(OptionalLong total) {
    Manifest manifest =
        new Manifest(
            "0".repeat(32),
            "a",
            1,
            new KeyId("0".repeat(64)),
            Instant.EPOCH,
            Optional.empty(),
            new BaseModelBinding("m", Optional.empty(), Optional.empty()),
            new AdapterDescription(8, BigDecimal.ONE, false, "F32", 0, List.of()),
            Mode.HE,
            List.of(),
            new Policy(List.of(), OptionalLong.empty(), total, false, false),
            OptionalInt.of(1),
            Optional.empty(),
            Map.of());
    return new SealedPart(manifest, "d".repeat(64), Map.of());
  }

  private long onDisk(String client) throws Exception {
    return new ObjectMapper()
        .readTree(directory.resolve("usage.json").toFile())
        .path("used")
        .path("all")
        .path("d".repeat(64))
        .path(client)
        .asLong();
  }

  @Test
  void aTokenCountsOnceThoughItPassesManyGroups() throws Exception {
    SealedPart a = adapter(OptionalLong.empty());
    try (TokenMeter meter = open(OptionalLong.empty())) {
      for (int i = 0; i < 10; i++) {
        assertNull(meter.spend(meter.use(a, "x"), FIRST, 5));
        assertNull(meter.spend(meter.use(a, "x"), SECOND, 5));
        assertTrue(onDisk("x") >= 5 * (i + 1), "written ahead");
      }
      meter.spend(meter.use(a, "y"), FIRST, 3);
      assertEquals(
          List.of(
              new TokenMeter.Usage(a.digest(), "x", 50), new TokenMeter.Usage(a.digest(), "y", 3)),
          meter.usage());
    }
    assertEquals(50, onDisk("x"), "a clean end writes what was used");
    assertEquals(53, onDisk(""));
  }

  @Test
  void aBudgetHoldsAcrossClientsGroupsAndCrashes() throws Exception {
    SealedPart a = adapter(OptionalLong.of(1000));
    TokenMeter crashing = open(OptionalLong.empty());
    assertNull(crashing.spend(crashing.use(a, "x"), FIRST, 500));
    assertNull(crashing.spend(crashing.use(a, "y"), FIRST, 400));
    assertEquals(Refusal.BUDGET_EXHAUSTED, crashing.spend(crashing.use(a, "y"), FIRST, 101));
    assertNull(crashing.spend(crashing.use(a, "y"), SECOND, 101), "another group");
    assertEquals(
        "he.storage",
        assertThrows(HeException.class, () -> open(OptionalLong.empty())).code(),
        "one process at a time");
    // not closed: what comes after finds at least what was answered
    Path after = Files.createDirectory(directory.resolve("after"));
    Files.copy(directory.resolve("usage.json"), after.resolve("usage.json"));
    crashing.close();
    TokenMeter next = TokenMeter.open(after.resolve("usage.json"), () -> now, OptionalLong.empty());
    assertEquals(Refusal.BUDGET_EXHAUSTED, next.spend(next.use(a, "z"), FIRST, 101));
    long left = 0;
    while (next.spend(next.use(a, "z"), FIRST, 1) == null) {
      left++;
    }
    assertTrue(left <= 100 && left >= 80, left + " left: a crash costs a hundredth at most");
  }

  @Test
  void aClientsDayEndsAtMidnight() {
    SealedPart a = adapter(OptionalLong.empty());
    try (TokenMeter meter = open(OptionalLong.of(100))) {
      assertNull(meter.spend(meter.use(a, "x"), FIRST, 100));
      assertEquals(Refusal.BUDGET_EXHAUSTED, meter.spend(meter.use(a, "x"), FIRST, 1));
      assertNull(meter.spend(meter.use(a, "y"), FIRST, 1), "another client");
      now = now.plus(Duration.ofHours(2));
      assertNull(meter.spend(meter.use(a, "x"), FIRST, 100));
    }
  }

  @Test
  void aTagIsChargedToEveryGroupAtOnce() {
    SealedPart a = adapter(OptionalLong.of(100));
    try (TokenMeter meter = open(OptionalLong.empty())) {
      TokenMeter.Use x = meter.use(a, "x");
      assertNull(meter.spend(x, FIRST, 30));
      assertNull(meter.spend(x, new long[] {20, 40}));
      assertEquals(50, meter.metered(x));
      assertNull(meter.spend(x, SECOND, 10), "the other group has more");
      assertEquals(50, meter.metered(meter.use(a, "x")));
      assertEquals(Refusal.BUDGET_EXHAUSTED, meter.spend(x, new long[] {51, 0}));
      assertEquals(50, meter.metered(x), "nothing is counted then");
      assertEquals(0, meter.metered(meter.use(a, "y")));
    }
  }

  @Test
  void aUseThatIsKeptGoesOnToTheNextDay() {
    SealedPart a = adapter(OptionalLong.empty());
    try (TokenMeter meter = open(OptionalLong.of(100))) {
      TokenMeter.Use x = meter.use(a, "x");
      assertNull(meter.spend(x, FIRST, 100));
      assertEquals(Refusal.BUDGET_EXHAUSTED, meter.spend(x, FIRST, 1));
      now = now.plus(Duration.ofHours(2));
      assertNull(meter.spend(x, FIRST, 100));
      assertEquals(200, meter.metered(x));
    }
  }

  @Test
  void whatCannotBeRecordedIsNotAnswered() throws Exception {
    SealedPart a = adapter(OptionalLong.of(1000));
    Path gone = Files.createDirectory(directory.resolve("gone"));
    try (TokenMeter meter =
        TokenMeter.open(gone.resolve("usage.json"), () -> now, OptionalLong.empty())) {
      Files.delete(gone.resolve("usage.json.lock"));
      Files.delete(gone);
      assertEquals(Refusal.STORAGE, meter.spend(meter.use(a, "x"), FIRST, 1));
      Files.createDirectory(gone);
      assertNull(meter.spend(meter.use(a, "x"), FIRST, 1));
    }
    Files.writeString(directory.resolve("usage.json"), "{\"format\": 3");
    assertThrows(HeException.class, () -> open(OptionalLong.empty()));
  }
}
