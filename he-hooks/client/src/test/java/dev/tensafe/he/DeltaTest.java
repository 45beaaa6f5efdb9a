package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.client.Verification;
import dev.tensafe.model.shape.ProjectionGroup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The deltas that come back are those of the adapter as it was trained, to the claimed precision.
 */
class DeltaTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"FAST, 268435456", "FAST, 0", "STRICT, 0"})
  void deltasAreExactToTheClaimedPrecision(Profile profile, long padBytes) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<Double> errors = new ArrayList<>();
    try (Setting setting =
        new Setting(directory, Setting.config(profile, padBytes), (host, verified) -> {})) {
      Set<String> packings = new HashSet<>();
      for (int round = 0; round < 60; round++) {
        int rows = round % 4 == 3 ? 1 + random.nextInt(300) : 1 + random.nextInt(12);
        Map<ProjectionGroup, float[][]> inputs = new HashMap<>();
        for (int layer = 0; layer < setting.model.layers(); layer++) {
          for (ProjectionGroup group : setting.groups(layer)) {
            inputs.put(group, Setting.random(rows, group.in(), random));
          }
        }
        Setting.Step step = setting.step(inputs, rows);
        assertEquals(Map.of(), step.failures());
        inputs.forEach(
            (group, x) ->
                group
                    .projections()
                    .forEach(
                        p -> {
                          double[][] got = step.deltas().get(p.name());
                          for (int t = 0; t < x.length; t++) {
                            double[] want = setting.exact(p.name(), x[t]);
                            if (want == null) {
                              assertEquals(0, Setting.norm(got[t]), "an untouched projection");
                              continue;
                            }
                            double[] difference = new double[want.length];
                            for (int i = 0; i < want.length; i++) {
                              difference[i] = got[t][i] - want[i];
                            }
                            errors.add(Setting.norm(difference) / Setting.norm(want));
                          }
                        }));
      }
      setting.listener.exchanges.forEach(e -> packings.add(e.packing()));
      System.out.println(profile + ": packings " + packings);
      assertEquals(padBytes > 0, packings.contains("pads"));
      assertEquals(Verification.TAG, setting.client.verification(setting.adapter.digest()));
      double[] z = setting.listener.deviations.stream().mapToDouble(Double::doubleValue).toArray();
      double meanSquare = Arrays.stream(z).map(v -> v * v).average().orElseThrow();
      System.out.printf("%s: z of %d checks, mean square %.3f%n", profile, z.length, meanSquare);
      if (padBytes > 0) {
        // a normal number's mean square, within eight deviations of the mean
        assertEquals(1, meanSquare, 8 * Math.sqrt(2.0 / z.length));
      }
    }
    errors.sort(null);
    double median = errors.get(errors.size() / 2);
    double high = errors.get((int) (errors.size() * 0.99));
    System.out.printf(
        "%s: %d deltas, median %.2g, 99th percentile %.2g%n", profile, errors.size(), median, high);
    assertTrue(median <= 1e-4, "median " + median);
    assertTrue(high <= 3e-4, "99th percentile " + high);
  }
}
