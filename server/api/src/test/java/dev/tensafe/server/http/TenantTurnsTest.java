package dev.tensafe.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.server.openai.ApiException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TenantTurnsTest {
  private final List<String> started = new ArrayList<>();
  private final List<TenantTurns.Turn> working = new ArrayList<>();

  private TenantTurns.Turn take(TenantTurns turns, String tenant, String name) {
    return turns.take(
        tenant,
        10,
        turn -> {
          started.add(name);
          working.add(turn);
        });
  }

  private void endFirst() {
    working.remove(0).end();
  }

  @Test
  void aTenantHasItsShareAtMost() {
    TenantTurns turns = new TenantTurns(2, 1, 1000);
    take(turns, "flood", "f1");
    take(turns, "flood", "f2");
    take(turns, "neighbour", "n1");
    assertEquals(List.of("f1", "n1"), started);
    endFirst();
    assertEquals(List.of("f1", "n1", "f2"), started);
  }

  @Test
  void tenantsTakeTurnsInRotation() {
    TenantTurns turns = new TenantTurns(1, 1, 1000);
    take(turns, "a", "a1");
    take(turns, "a", "a2");
    take(turns, "a", "a3");
    take(turns, "b", "b1");
    take(turns, "b", "b2");
    take(turns, "c", "c1");
    for (int i = 0; i < 6; i++) {
      endFirst();
    }
    assertEquals(List.of("a1", "a2", "b1", "c1", "a3", "b2"), started);
    assertTrue(working.isEmpty());
  }

  @Test
  void whatWaitsIsBoundedPerTenant() {
    TenantTurns turns = new TenantTurns(1, 1, 25);
    take(turns, "a", "a1");
    take(turns, "a", "a2");
    take(turns, "a", "a3");
    ApiException full = assertThrows(ApiException.class, () -> take(turns, "a", "a4"));
    assertEquals(429, full.status());
    assertEquals("tenant_queue_full", full.code());
    take(turns, "b", "b1");
    endFirst();
    endFirst();
    take(turns, "a", "a5");
    endFirst();
    endFirst();
    assertEquals(List.of("a1", "a2", "b1", "a3", "a5"), started);
  }

  @Test
  void oneOfAnySizeMayWait() {
    TenantTurns turns = new TenantTurns(1, 1, 5);
    take(turns, "a", "a1");
    take(turns, "a", "a2");
    assertThrows(ApiException.class, () -> take(turns, "a", "a3"));
    endFirst();
    assertEquals(List.of("a1", "a2"), started);
  }

  @Test
  void whoLeavesTheQueueIsPassedOver() {
    TenantTurns turns = new TenantTurns(1, 1, 25);
    take(turns, "a", "a1");
    TenantTurns.Turn gone = take(turns, "a", "a2");
    take(turns, "a", "a3");
    gone.end();
    gone.end();
    take(turns, "a", "a4");
    endFirst();
    endFirst();
    assertEquals(List.of("a1", "a3", "a4"), started);
  }

  @Test
  void noTurnIsLostAndNoLimitPassed() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    TenantTurns turns = new TenantTurns(3, 2, Long.MAX_VALUE);
    Map<TenantTurns.Turn, String> tenants = new HashMap<>();
    List<TenantTurns.Turn> alive = new ArrayList<>();
    int[] begun = {0};
    int withdrawn = 0;
    int taken = 0;
    for (int i = 0; i < 20_000; i++) {
      if (random.nextInt(5) < 2) {
        String tenant = "t" + random.nextInt(4);
        TenantTurns.Turn turn =
            turns.take(
                tenant,
                random.nextInt(100),
                t -> {
                  begun[0]++;
                  working.add(t);
                });
        tenants.put(turn, tenant);
        alive.add(turn);
        taken++;
      } else if (!alive.isEmpty()) {
        TenantTurns.Turn turn = alive.remove(random.nextInt(alive.size()));
        withdrawn += working.remove(turn) ? 0 : 1;
        turn.end();
      }
      Map<String, Integer> each = new HashMap<>();
      working.forEach(t -> each.merge(tenants.get(t), 1, Integer::sum));
      assertTrue(working.size() <= 3 && each.values().stream().allMatch(n -> n <= 2), "" + each);
    }
    while (!working.isEmpty()) {
      endFirst();
    }
    assertEquals(taken, begun[0] + withdrawn);
  }
}
