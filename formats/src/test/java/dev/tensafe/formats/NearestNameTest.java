package dev.tensafe.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a slip of the hand makes of a name leads back to it; another word leads nowhere. */
class NearestNameTest {
  private static final List<String> KNOWN =
      List.of("model", "port", "host", "max-model-len", "max-running", "tls-cert", "tls-key");

  private static Optional<String> nearest(String given) {
    return NearestName.of(given, KNOWN);
  }

  @Test
  void slipsLeadBackToTheName() {
    assertEquals(Optional.of("model"), nearest("modell"));
    assertEquals(Optional.of("port"), nearest("prot"));
    assertEquals(Optional.of("host"), nearest("hots"));
    assertEquals(Optional.of("max-model-len"), nearest("max_model_len"));
    assertEquals(Optional.of("max-model-len"), nearest("max-model-length"));
    assertEquals(Optional.of("max-running"), nearest("max-runing"));
    assertEquals("prot (did you mean port?)", NearestName.hint("prot", KNOWN));
  }

  @Test
  void otherWordsLeadNowhere() {
    for (String other : List.of("", "x", "seed", "temperature", "z".repeat(100_000))) {
      assertEquals(Optional.empty(), nearest(other));
      assertEquals(other, NearestName.hint(other, KNOWN));
    }
    assertEquals(Optional.empty(), NearestName.of("model", List.of()));
  }

  @Test
  void firstOfEquallyNearNamesIsTaken() {
    assertEquals(Optional.of("ab"), NearestName.of("a", List.of("az", "ac", "ab")));
  }

  /** Against the recurrence written down directly. */
  @Test
  void distanceIsTheRecurrences() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      String a = word(random);
      String b = word(random);
      String what = "seed " + seed + ": " + a + ", " + b;
      assertEquals(byRecurrence(a, b), NearestName.distance(a, b), what);
    }
  }

  private static String word(Random random) {
    StringBuilder out = new StringBuilder();
    for (int length = random.nextInt(7); length > 0; length--) {
      out.append((char) ('a' + random.nextInt(3)));
    }
    return out.toString();
  }

  private static int byRecurrence(String a, String b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.length() + b.length();
    }
    String shortA = a.substring(0, a.length() - 1);
    String shortB = b.substring(0, b.length() - 1);
    char lastA = a.charAt(a.length() - 1);
    char lastB = b.charAt(b.length() - 1);
    int best =
        Math.min(
            byRecurrence(shortA, shortB) + (lastA == lastB ? 0 : 1),
            1 + Math.min(byRecurrence(shortA, b), byRecurrence(a, shortB)));
    boolean swapped = shortA.endsWith("" + lastB) && shortB.endsWith("" + lastA);
    return swapped
        ? Math.min(
            best,
            1
                + byRecurrence(
                    shortA.substring(0, shortA.length() - 1),
                    shortB.substring(0, shortB.length() - 1)))
        : best;
  }
}
