package dev.tensafe.he.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.Profile;
import dev.tensafe.he.Setting;
import dev.tensafe.he.host.Cheating;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.model.shape.ProjectionGroup;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter host that computes with other weights than those that were signed is found out. */
class ProbeTest {
  /** One row's root mean square, in integers: what one weight is changed by. */
  private static final int ONE_RMS = 8192;

  @TempDir Path directory;

  private static Map<ProjectionGroup, float[][]> inputs(Setting setting, int rows, Random random) {
    Map<ProjectionGroup, float[][]> inputs = new HashMap<>();
    for (ProjectionGroup group : setting.groups(0)) {
      inputs.put(group, Setting.random(rows, group.in(), random));
    }
    return inputs;
  }

  @Test
  void aChangedWeightIsCaughtByNearlyEveryProbe() throws Exception {
    int probes = 10;
    int caught = caught(probes);
    // of those that are caught 99 times in 100, three of ten miss once in 10^4 runs
    assertTrue(caught >= probes - 2, caught + " of " + probes);
  }

  @Tag("long")
  @Test
  void aChangedWeightIsCaughtWithin450BatchesForCertain() throws Exception {
    int probes = 40;
    double rate = (double) caught(probes) / probes;
    double within450 = 1 - Math.pow(1 - rate / 64, 450);
    System.out.println("within 450 batches " + within450);
    assertTrue(within450 >= 0.999, "caught within 450 batches with probability " + within450);
  }

  private int caught(int probes) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int column = random.nextInt(128);
    int caught = 0;
    for (int i = 0; i < probes; i++) {
      // every step has a probe; the first that is caught ends the session for good
      try (Setting setting =
          new Setting(
              directory.resolve("run" + i),
              Setting.config(Profile.FAST, i % 2 == 0 ? 0 : 1 << 28),
              new ProbeRate(1, false),
              random,
              (host, verified) ->
                  Cheating.add(host, verified, new GroupId(0, 0), column, ONE_RMS))) {
        Setting.Step step = setting.step(inputs(setting, 4, random), 4);
        if (!step.failures().isEmpty()) {
          caught++;
          assertEquals("he.probe", setting.listener.failures.get(0));
          String shown = step.failures().get(0).getMessage();
          assertFalse(shown.contains("probe"), "the reason is not told: " + shown);
          // and the adapter host is not asked again, also after it is connected anew
          Setting.await("another session", () -> setting.client.connected() == 1);
          assertFalse(setting.step(inputs(setting, 1, random), 1).failures().isEmpty());
        }
      }
    }
    System.out.println(caught + " of " + probes + " probes caught it");
    return caught;
  }

  @Test
  void anHonestHostPassesEveryProbe() throws Exception {
    honest(100);
  }

  @Tag("long")
  @Test
  void anHonestHostPassesManyProbes() throws Exception {
    honest(1000);
  }

  private void honest(int steps) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (Setting setting =
        new Setting(
            directory,
            Setting.config(Profile.FAST, 1 << 28),
            new ProbeRate(1, false),
            random,
            (host, verified) -> {})) {
      for (int i = 0; i < steps; i++) {
        int rows = 1 + random.nextInt(8);
        assertEquals(Map.of(), setting.step(inputs(setting, rows, random), rows).failures());
      }
      assertTrue(setting.listener.probes.size() >= steps);
      assertTrue(setting.listener.probes.stream().allMatch(p -> p));
    }
  }

  @Test
  void withCoverEveryStepLooksLikeOneWithAProbe() throws Exception {
    Random random = new Random(1);
    int rows = 5;
    try (Setting setting =
        new Setting(
            directory,
            Setting.config(Profile.FAST, 1 << 28),
            new ProbeRate(4, true),
            random,
            (host, verified) -> {})) {
      for (int i = 0; i < 100; i++) {
        setting.step(inputs(setting, rows, random), rows);
      }
      assertTrue(setting.listener.probes.size() > 10, "some had one");
      int tokens = 0;
      for (HeListener.Exchange e : setting.listener.exchanges) {
        tokens += e.tokens();
      }
      // every message of the host's has one row more than the step, probe or not; a message may be
      // two where a block of pads ends
      assertEquals(100 * setting.groups(0).size() * (rows + 1), tokens);
    }
  }

  @Test
  void theRowOfAProbeIsAnyRow() {
    Random random = new Random(5);
    int[] counts = new int[9];
    for (int i = 0; i < 9000; i++) {
      counts[Probe.draw(16, 8, random).row()]++;
    }
    for (int count : counts) {
      // 1000 expected, deviation 30
      assertTrue(Math.abs(count - 1000) < 180, count + " of 9000");
    }
  }
}
