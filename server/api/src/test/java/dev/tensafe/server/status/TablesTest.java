package dev.tensafe.server.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The tables behind /v1/status are bounded, and count right. */
class TablesTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1_000));

  @Test
  void tenantsBeyondTheBoundShareAnEntry() {
    TenantTable table = new TenantTable(CLOCK);
    for (int i = 0; i < 100_000; i++) {
      table.seen("tenant" + i).request();
    }
    table.seen("tenant7").request();
    Map<String, TenantUse> all = table.all();
    assertEquals(TenantTable.MOST + 1, all.size());
    assertEquals(2, all.get("tenant7").requests());
    assertEquals(100_000 - TenantTable.MOST, all.get(TenantTable.OTHER).requests());
    assertEquals(1_000_000, all.get(TenantTable.OTHER).lastMillis());
  }

  @Test
  void withoutKeysThereIsOneTenant() {
    TenantTable table = new TenantTable(CLOCK);
    table.seen("").generated(3);
    assertEquals(3, table.all().get(TenantTable.NOBODY).generatedTokens());
  }

  @Test
  void requestsAreListedInTheirOrderAndEndedByEitherName() {
    AtomicLong now = new AtomicLong();
    RequestTable table = new RequestTable(new TenantTable(CLOCK), now::get);
    TrackedRequest first = table.begin("a", "/v1/completions", "t");
    AtomicInteger ends = new AtomicInteger();
    first.onCancel(ends::incrementAndGet);
    first.submitted(
        new TrackedRequest.Work(
            "00ff", "m", Optional.empty(), Optional.empty(), "base", true, 3, 1));
    for (int i = 0; i < 300; i++) {
      table.begin("b" + i, "/v1/completions", "t");
    }
    now.set(2_000_000_000L);
    assertEquals(301, table.size());
    assertEquals(200, table.oldest(200).size());
    assertEquals(first, table.oldest(1).get(0));
    assertEquals(2, table.ageSeconds(first));
    assertEquals(TrackedRequest.State.WAITING, first.state());
    assertEquals(1, table.cancel("chatcmpl-00ff"));
    assertEquals(1, table.cancel("a"));
    assertEquals(0, table.cancel("00ff"));
    assertEquals(0, table.cancel("chatcmpl-00f"));
    assertEquals(2, ends.get());
    first.close();
    first.close();
    assertEquals(300, table.size());
    assertEquals(0, table.cancel("a"));
  }

  /** Against a search from the front. */
  @Test
  void durationsFallBetweenTheirBounds() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    double[] bounds = DurationCounts.boundsSeconds();
    DurationCounts counts = new DurationCounts();
    long[] want = new long[bounds.length + 1];
    double sum = 0;
    for (int i = 0; i < 10_000; i++) {
      long nanos = (long) Math.exp(random.nextDouble() * Math.log(1e13));
      counts.record(nanos);
      int at = 0;
      while (at < bounds.length && nanos / 1e9 > bounds[at]) {
        at++;
      }
      want[at]++;
      sum += nanos / 1e9;
    }
    assertEquals(Arrays.toString(want), Arrays.toString(counts.counts()));
    assertEquals(sum, counts.sumSeconds(), 1e-6 * sum);
    for (int i = 1; i < bounds.length; i++) {
      assertTrue(bounds[i] > bounds[i - 1] && bounds[i] < 1.26 * bounds[i - 1], "bound " + i);
    }
    assertFalse(bounds[0] > 0.0005 || bounds[bounds.length - 1] < 600);
  }
}
