package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.he.HeException;
import dev.tensafe.he.wire.GroupId;
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
  private static final GroupId FIRST = new GroupId(0, 0);
  private static final GroupId SECOND = new GroupId(1, 0);

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
        assertEquals(Optional.empty(), meter.spend(a, "x", FIRST, 5));
        assertEquals(Optional.empty(), meter.spend(a, "x", SECOND, 5));
        assertTrue(onDisk("x") >= 5 * (i + 1), "written ahead");
      }
      meter.spend(a, "y", FIRST, 3);
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
    assertEquals(Optional.empty(), crashing.spend(a, "x", FIRST, 500));
    assertEquals(Optional.empty(), crashing.spend(a, "y", FIRST, 400));
    assertEquals(Optional.of(Refusal.BUDGET_EXHAUSTED), crashing.spend(a, "y", FIRST, 101));
    assertEquals(Optional.empty(), crashing.spend(a, "y", SECOND, 101), "another group");
    assertEquals(
        "he.storage",
        assertThrows(HeException.class, () -> open(OptionalLong.empty())).code(),
        "one process at a time");
    // not closed: what comes after finds at least what was answered
    Path after = Files.createDirectory(directory.resolve("after"));
    Files.copy(directory.resolve("usage.json"), after.resolve("usage.json"));
    crashing.close();
    TokenMeter next = TokenMeter.open(after.resolve("usage.json"), () -> now, OptionalLong.empty());
    assertEquals(Optional.of(Refusal.BUDGET_EXHAUSTED), next.spend(a, "z", FIRST, 101));
    long left = 0;
    while (next.spend(a, "z", FIRST, 1).isEmpty()) {
      left++;
    }
    assertTrue(left <= 100 && left >= 80, left + " left: a crash costs a hundredth at most");
  }

  @Test
  void aClientsDayEndsAtMidnight() {
    SealedPart a = adapter(OptionalLong.empty());
    try (TokenMeter meter = open(OptionalLong.of(100))) {
      assertEquals(Optional.empty(), meter.spend(a, "x", FIRST, 100));
      assertEquals(Optional.of(Refusal.BUDGET_EXHAUSTED), meter.spend(a, "x", FIRST, 1));
      assertEquals(Optional.empty(), meter.spend(a, "y", FIRST, 1), "another client");
      now = now.plus(Duration.ofHours(2));
      assertEquals(Optional.empty(), meter.spend(a, "x", FIRST, 100));
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
      assertEquals(Optional.of(Refusal.STORAGE), meter.spend(a, "x", FIRST, 1));
      Files.createDirectory(gone);
      assertEquals(Optional.empty(), meter.spend(a, "x", FIRST, 1));
    }
    Files.writeString(directory.resolve("usage.json"), "{\"format\": 3");
    assertThrows(HeException.class, () -> open(OptionalLong.empty()));
  }
}
