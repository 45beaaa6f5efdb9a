package dev.tensafe.cli.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Numbers and lines that two readings give. */
class TopScreenTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final double[] BOUNDS = {0.001, 0.002, 0.004, 0.008};

  private static ObjectNode status(double uptime, long generated, long... firstTokens) {
    ObjectNode out = MAPPER.createObjectNode();
    out.put("object", "status").put("version", "1").put("model", "m").put("state", "ready");
    out.put("uptime_seconds", uptime);
    out.putObject("tokens").put("generated", generated).put("prompt", 0);
    out.putObject("batch").put("running", 3).put("max_running", 64).put("waiting", 0);
    out.putObject("cache").put("blocks_used", 1).put("blocks_total", 4);
    ObjectNode latency = out.putObject("latency");
    ArrayNode bounds = latency.putArray("bounds_seconds");
    Arrays.stream(BOUNDS).forEach(bounds::add);
    ArrayNode counts = latency.putObject("first_token").putArray("counts");
    Arrays.stream(firstTokens).forEach(counts::add);
    latency.putObject("next_token").putArray("counts");
    ObjectNode requests = out.putObject("requests").put("open", 30);
    ArrayNode data = requests.putArray("data");
    for (int i = 0; i < 30; i++) {
      data.addObject()
          .put("id", "request-with-a-name-that-is-much-too-long-for-a-line-" + i)
          .put("tenant", "evil\033[2J")
          .putNull("model")
          .put("state", "running")
          .put("generated_tokens", i)
          .put("age_seconds", 3_725.5);
    }
    return out;
  }

  @Test
  void ratesAreThoseBetweenTwoReadings() {
    JsonNode before = status(100, 1_000, 0, 0, 0, 0, 0);
    StatusDifference difference = new StatusDifference(before, status(104, 1_200, 0, 0, 0, 0, 0));
    assertFalse(difference.sinceStart());
    assertEquals(50, difference.rate("/tokens/generated"));
    assertTrue(new StatusDifference(null, before).sinceStart());
    assertEquals(10, new StatusDifference(null, before).rate("/tokens/generated"));
    // another run of the server
    StatusDifference anew = new StatusDifference(before, status(2, 8, 0, 0, 0, 0, 0));
    assertEquals(4, anew.rate("/tokens/generated"));
  }

  @Test
  void percentilesLieBetweenTheBoundsThatHoldThem() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      double[] values = random.doubles(1 + random.nextInt(60), 0, 0.0079).sorted().toArray();
      long[] counts = new long[5];
      for (double value : values) {
        counts[at(value)]++;
      }
      StatusDifference difference = new StatusDifference(null, status(1, 0, counts));
      for (double share : new double[] {0.5, 0.95}) {
        double exact = values[(int) Math.ceil(share * values.length) - 1];
        double found = difference.percentile("first_token", share).orElseThrow();
        assertTrue(found <= BOUNDS[at(exact)] * 1.000001, found + " is above " + exact);
        double low = at(exact) == 0 ? 0 : BOUNDS[at(exact) - 1];
        assertTrue(found >= low * 0.999999, found + " is below " + exact);
      }
    }
    assertEquals(
        OptionalDouble.empty(),
        new StatusDifference(null, status(1, 0, 0, 0, 0, 0, 0)).percentile("first_token", 0.5));
  }

  private static int at(double value) {
    int at = 0;
    while (value > BOUNDS[at]) {
      at++;
    }
    return at;
  }

  @Test
  void linesAreNarrowBoundedAndWithoutControlCharacters() {
    List<String> lines =
        TopScreen.lines(new StatusDifference(null, status(90_061, 5, 0, 1, 0, 0, 0)), 10);
    for (String line : lines) {
      assertTrue(line.length() <= TopScreen.WIDTH, line);
      assertFalse(line.chars().anyMatch(Character::isISOControl), line);
    }
    assertTrue(lines.get(0).contains("up 25h1m"), lines.get(0));
    assertEquals(10, lines.stream().filter(line -> line.startsWith("request-with")).count());
    assertTrue(lines.contains("… 20 more"), lines.toString());
    assertTrue(lines.stream().anyMatch(line -> line.contains("running 3 of 64")));
    assertTrue(lines.stream().anyMatch(line -> line.contains("1 of 4 blocks (25 %)")));
  }
}
