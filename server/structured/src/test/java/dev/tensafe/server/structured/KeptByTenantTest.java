package dev.tensafe.server.structured;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeptByTenantTest {
  @Test
  void whatWasNotUsedForLongestGoesFirst() {
    KeptByTenant<Integer, String> kept = new KeptByTenant<>(3);
    for (int i = 1; i <= 3; i++) {
      kept.put("a", i, "v" + i);
    }
    assertEquals(Optional.of("v1"), kept.get("a", 1));
    kept.put("a", 4, "v4");
    assertEquals(Optional.empty(), kept.get("a", 2));
    assertEquals(Optional.of("v1"), kept.get("a", 1));
    assertEquals(Optional.empty(), kept.get("b", 1));
  }

  @Test
  void aFloodTakesNobodyElsesAway() {
    KeptByTenant<Integer, String> kept = new KeptByTenant<>(8);
    kept.put("a", 1, "a1");
    kept.put("b", 1, "b1");
    kept.put("b", 2, "b2");
    for (int i = 0; i < 100; i++) {
      kept.put("flood", i, "f" + i);
    }
    assertEquals(Optional.of("a1"), kept.get("a", 1));
    assertEquals(Optional.of("b1"), kept.get("b", 1));
    assertEquals(Optional.of("b2"), kept.get("b", 2));
    assertEquals(Optional.of("f99"), kept.get("flood", 99));
    assertEquals(Optional.empty(), kept.get("flood", 94));
  }

  @Test
  void noMoreAreKeptThanThereIsRoomForAndAShareIsSafe() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    KeptByTenant<Integer, Integer> kept = new KeptByTenant<>(12);
    Map<String, List<Integer>> puts = new HashMap<>();
    for (int i = 0; i < 5_000; i++) {
      String tenant = "t" + random.nextInt(4);
      int key = random.nextInt(40);
      List<Integer> own = puts.computeIfAbsent(tenant, unused -> new ArrayList<>());
      assertTrue(kept.get(tenant, key).map(v -> v == key).orElse(true));
      own.remove((Integer) key);
      own.add(key);
      kept.put(tenant, key, key);
      assertEquals(Optional.of(key), kept.get(tenant, key));
    }
    int size = 0;
    for (Map.Entry<String, List<Integer>> entry : puts.entrySet()) {
      int own = 0;
      for (int key = 0; key < 40; key++) {
        own += kept.get(entry.getKey(), key).isPresent() ? 1 : 0;
      }
      assertTrue(own >= 2, entry.getKey() + " has " + own + " of a share of 3");
      size += own;
    }
    assertEquals(12, size);
  }
}
