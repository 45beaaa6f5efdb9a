package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.model.shape.ProjectionGroup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What an adapter host sees of lanes, whatever becomes of sequences and connections: no lane serves
 * two sequences, no position of a lane is used twice, and what is over is retired.
 */
class LaneUseTest {
  private static final int LONG_PROMPT = 300;

  @TempDir Path directory;
  private final SeenLanes seen = new SeenLanes();

  @ParameterizedTest
  @CsvSource({
    "FAST, 268435456, 90, true, false",
    "FAST, 3000000, 60, true, true", // memory for the pads of some sequences
    "FAST, 1000000, 40, false, true", // for no block
    "FAST, 0, 50, false, true",
    "STRICT, 0, 30, false, true"
  })
  void noLaneServesTwoSequencesAndNoPositionTwoTokens(
      Profile profile, long padBytes, int rounds, boolean padded, boolean ciphertexts)
      throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Setting.Options options =
        Setting.Options.of(Setting.config(profile, padBytes)).connections(seen::spy);
    try (Setting setting = new Setting(directory, options)) {
      seen.columns(setting.inputs(1, random).keySet().stream().map(ProjectionGroup::in).toList());
      List<Long> running = new ArrayList<>();
      long nextId = 1;
      int reconnected = 0;
      for (int round = 0; round < rounds; round++) {
        List<Setting.Share> shares = new ArrayList<>();
        for (long id : running) {
          shares.add(new Setting.Share(id, 1));
        }
        if (running.size() < 6 && random.nextBoolean()) {
          running.add(nextId);
          int rows = random.nextInt(4) == 0 ? LONG_PROMPT : 1 + random.nextInt(100);
          shares.add(new Setting.Share(nextId++, rows));
        }
        if (shares.isEmpty()) {
          continue;
        }
        int rows = shares.stream().mapToInt(Setting.Share::rows).sum();
        Setting.Step step = setting.step(setting.inputs(rows, random), shares);
        assertEquals(Map.of(), step.failures());
        seen.look(shares);
        // some finish, are cancelled, or are preempted and start over
        running.removeIf(
            id -> {
              if (random.nextInt(12) == 0) {
                setting.hook.ended(id);
                return random.nextBoolean();
              }
              return false;
            });
        if (round % 15 == 14) {
          int sessions = seen.spies.size();
          setting.server.disconnect();
          Setting.await("another session", () -> seen.spies.size() > sessions);
          Setting.await("the adapter", setting::isReady);
          reconnected++;
        }
      }
      running.forEach(setting.hook::ended);
      // those of connections that broke ended with them
      int standing = seen.spies.size() - 1;
      Setting.await(
          "all lanes to be retired",
          () -> {
            seen.look(List.of());
            return seen.owners.keySet().stream()
                .allMatch(lane -> lane.connection() < standing || seen.retired.contains(lane));
          });
      assertTrue(reconnected > 1);
      assertTrue(seen.owners.size() > 10, seen.owners.size() + " lanes");
      assertEquals(padded, seen.padded > 0);
      assertEquals(ciphertexts, seen.ciphertexts > 0);
    }
  }
}
