package dev.tensafe.tracing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final String GOOD = "00-" + TRACE + "-" + SPAN + "-01";

  private static Optional<TraceParent> of(String header) {
    return TraceParent.of(List.of(header), List.of());
  }

  @Test
  void aHeaderIsReadAndWritten() {
    TraceParent parent = of(GOOD).orElseThrow();
    assertEquals(TRACE, parent.traceId());
    assertEquals(SPAN, parent.spanId());
    assertTrue(parent.sampled());
    assertEquals(GOOD, parent.header());
    assertFalse(of("00-" + TRACE + "-" + SPAN + "-00").orElseThrow().sampled());
    assertFalse(of("00-" + TRACE + "-" + SPAN + "-fe").orElseThrow().sampled());
  }

  @Test
  void aLaterVersionMayGoOnAfterADash() {
    assertEquals(TRACE, of("cc-" + TRACE + "-" + SPAN + "-01-more").orElseThrow().traceId());
    assertEquals(TRACE, of("01-" + TRACE + "-" + SPAN + "-01").orElseThrow().traceId());
    assertTrue(of("cc-" + TRACE + "-" + SPAN + "-01.more").isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-011",
        "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7-01"
      })
  void whatIsNotOfTheFormIsNotThere(String header) {
    assertTrue(of(header).isEmpty());
  }

  @Test
  void twoHeadersAreNone() {
    assertTrue(TraceParent.of(List.of(GOOD, GOOD), List.of()).isEmpty());
    assertTrue(TraceParent.of(List.of(), List.of("a=b")).isEmpty());
  }

  @Test
  void aStateIsCarriedUpTo512Characters() {
    assertEquals(
        "a=1,b=2", TraceParent.of(List.of(GOOD), List.of("a=1", "b=2")).orElseThrow().state());
    String most = "a=" + "x".repeat(510);
    assertEquals(most, TraceParent.of(List.of(GOOD), List.of(most)).orElseThrow().state());
    assertEquals("", TraceParent.of(List.of(GOOD), List.of(most + "x")).orElseThrow().state());
  }

  @Test
  void anyTextIsReadOrNot() {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    String letters = "0123456789abcdefABCDEFg- \t\u00e9\n";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(GOOD);
      for (int edits = random.nextInt(4); edits >= 0; edits--) {
        int at = random.nextInt(text.length());
        char c = letters.charAt(random.nextInt(letters.length()));
        if (random.nextBoolean()) {
          text.setCharAt(at, c);
        } else if (random.nextBoolean()) {
          text.insert(at, c);
        } else {
          text.deleteCharAt(at);
        }
      }
      String header = text.toString();
      // the grammar of the specification, as one expression
      boolean right =
          header.matches(
                  "(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
              || header.matches(
                  "(?s)(?!ff|00)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}-.*");
      assertEquals(right, of(header).isPresent(), header);
    }
  }
}
