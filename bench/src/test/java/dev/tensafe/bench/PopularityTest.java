package dev.tensafe.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PopularityTest {
  private final long seed = System.nanoTime();
  private final List<String> models = IntStream.range(0, 20).mapToObj(i -> "m" + i).toList();

  PopularityTest() {
    System.out.println("seed " + seed);
  }

  @Test
  void theNthIsDrawnAsOftenAsTheLawSays() {
    int draws = 200_000;
    for (double exponent : new double[] {0, 1, 1.5}) {
      List<String> drawn = Popularity.draw(models, exponent, draws, seed);
      assertEquals(draws, drawn.size());
      double sum = 0;
      for (int n = 1; n <= models.size(); n++) {
        sum += Math.pow(n, -exponent);
      }
      for (int n = 1; n <= models.size(); n++) {
        double expected = draws * Math.pow(n, -exponent) / sum;
        int is = Collections.frequency(drawn, "m" + (n - 1));
        // a binomial's standard deviation is below the root of its mean; six of them never happen
        assertEquals(expected, is, 6 * Math.sqrt(expected), "m" + (n - 1) + ", seed " + seed);
      }
    }
  }

  @Test
  void aSeedGivesTheSameDrawsAgain() {
    assertEquals(Popularity.draw(models, 1, 100, seed), Popularity.draw(models, 1, 100, seed));
    assertNotEquals(
        Popularity.draw(models, 1, 100, seed), Popularity.draw(models, 1, 100, seed + 1));
  }
}
