package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A table of lanes is a map by their numbers. */
class LaneTableTest {
  @Test
  void isAMap() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    LaneTable table = new LaneTable();
    Map<Long, HostLane> map = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      long id = 1 + random.nextInt(i < 100_000 ? 2_000 : 300);
      HostLane known = map.get(id);
      assertSame(known, table.get(id));
      if (random.nextBoolean()) {
        assertSame(map.remove(id), table.remove(id));
        assertNull(table.get(id));
      } else if (known == null) {
        HostLane lane = new HostLane(id, null);
        table.put(lane);
        map.put(id, lane);
      }
      assertEquals(map.size(), table.size());
    }
    Map<Long, HostLane> all = new HashMap<>();
    table.forEach(lane -> all.put(lane.id(), lane));
    assertEquals(map, all);
    assertNull(table.get(Long.MAX_VALUE));
  }
}
