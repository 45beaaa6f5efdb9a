package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A sequence that decodes with several rows a step, because what follows is guessed: its wrong
 * guesses are places in the text that are evaluated again, with other inputs.
 */
class GuessedRowsTest {
  private static final int STEPS = 40;

  @TempDir Path directory;
  private final SeenLanes seen = new SeenLanes();

  @ParameterizedTest
  @CsvSource({"FAST, 268435456", "FAST, 0", "STRICT, 0"})
  void rowsOfAStepShareOneMessageAndNoPositionWhereverLanesEnd(Profile profile, long padBytes)
      throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Setting.Options options =
        Setting.Options.of(Setting.config(profile, padBytes)).connections(seen::spy);
    try (Setting setting = new Setting(directory, options)) {
      List<ProjectionGroup> groups = List.copyOf(setting.inputs(1, random).keySet());
      seen.columns(groups.stream().map(ProjectionGroup::in).toList());
      long before = metered(setting);
      int rows = 0;
      int crossed = 0;
      for (int step = 0; step < STEPS; step++) {
        int some = 1 + random.nextInt(16);
        Map<ProjectionGroup, float[][]> inputs = setting.inputs(some, random);
        int messages = seen.padded + seen.ciphertexts;
        Setting.Step done = setting.step(inputs, some);
        assertEquals(Map.of(), done.failures());
        seen.look(List.of(new Setting.Share(1, some)));
        int sent = seen.padded + seen.ciphertexts - messages;
        if (padBytes > 0) {
          assertEquals(groups.size(), sent, "messages of a step of " + some + " rows");
        }
        inputs.forEach((group, x) -> exact(setting, done, group, x));
        crossed += rows / 32 != (rows + some - 1) / 32 ? 1 : 0;
        rows += some;
      }
      assertTrue(padBytes == 0 || crossed > 3, crossed + " steps over the end of a lane");
      assertEquals(padBytes > 0, seen.padded > 0);
      // rows are what the owner's budget is charged, right or wrong
      assertEquals(rows, metered(setting) - before);
    }
  }

  private static long metered(Setting setting) {
    return setting.host.usage().stream().mapToLong(TokenMeter.Usage::tokens).sum();
  }

  private static void exact(
      Setting setting, Setting.Step done, ProjectionGroup group, float[][] x) {
    for (Projection p : group.projections()) {
      for (int row = 0; row < x.length; row++) {
        double[] want = setting.exact(p.name(), x[row]);
        double[] got = done.deltas().get(p.name())[row];
        if (want != null) {
          double[] off = new double[want.length];
          for (int i = 0; i < off.length; i++) {
            off[i] = got[i] - want[i];
          }
          assertTrue(Setting.norm(off) < 1e-3 * Setting.norm(want), p.name() + ", row " + row);
        }
      }
    }
  }
}
