package dev.tensafe.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
  private Instant now = Instant.parse("2026-11-21T12:00:00Z");
  private final StringWriter text = new StringWriter();

  private ProgressBar bar(boolean terminal) {
    return new ProgressBar(new PrintWriter(text), terminal, Duration.ofSeconds(1), () -> now);
  }

  @Test
  void itShowsLossSpeedAndTimeLeft() {
    ProgressBar bar = bar(false);
    bar.started(0, 100, 1234, 10, 2);
    now = now.plusSeconds(10);
    bar.step(25, 2.5, 1e-3, 1, 5000, 0);
    assertEquals(
        "100 steps, 1234 trained numbers, 10 examples, 2 held out\n"
            + "[######------------------] 25/100  loss 2.5000  500 tokens/s  0:30 left\n",
        text.toString());
  }

  @Test
  void itDrawsNotMoreOftenThanAskedButAlwaysTheEnd() {
    ProgressBar bar = bar(false);
    bar.started(0, 3, 1, 1, 0);
    bar.step(1, 2, 1e-3, 1, 10, 0);
    now = now.plusMillis(500);
    bar.step(2, 2, 1e-3, 1, 10, 0);
    bar.step(3, 2, 1e-3, 1, 10, 1);
    String out = text.toString();
    assertFalse(out.contains(" 2/3 "), out);
    assertTrue(out.contains(" 3/3 "), out);
    assertTrue(out.contains("1 skipped"), out);
  }

  @Test
  void aResumedRunCountsTheTimeOfItsOwnSteps() {
    ProgressBar bar = bar(false);
    bar.started(90, 100, 1, 1, 0);
    now = now.plusSeconds(4);
    bar.step(92, 2, 1e-3, 1, 10, 0);
    assertTrue(text.toString().startsWith("going on from step 90: "), text.toString());
    assertTrue(text.toString().contains("0:16 left"), text.toString());
  }

  @Test
  void aSecondRunIsCountedByItself() {
    ProgressBar bar = bar(false);
    bar.started(0, 1, 1, 1, 0);
    now = now.plusSeconds(1);
    bar.step(1, 9, 1e-3, 1, 1_000_000, 0);
    bar.started(0, 2, 1, 1, 0);
    now = now.plusSeconds(10);
    bar.step(1, 2.5, 1e-3, 1, 5000, 0);
    assertTrue(text.toString().endsWith("loss 2.5000  500 tokens/s  0:10 left\n"));
  }

  @Test
  void onATerminalTheLineIsDrawnOverAndModelsCannotWriteToIt() {
    ProgressBar bar = bar(true);
    bar.started(0, 2, 1, 1, 0);
    bar.step(1, 2, 1e-3, 1, 10, 0);
    bar.sampled(1, "a\nb", "\033[31mred\rx");
    bar.step(2, 2, 1e-3, 1, 10, 0);
    String out = text.toString();
    assertTrue(out.contains("\r\033[K[############------------] 1/2"), out);
    assertTrue(out.contains("\r\033[Kstep 1: a b -> [31mred x\n"), out);
    assertTrue(out.endsWith("left\n"), out);
  }
}
