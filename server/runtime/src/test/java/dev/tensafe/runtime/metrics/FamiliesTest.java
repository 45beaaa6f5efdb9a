package dev.tensafe.runtime.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FamiliesTest {
  private static final Family COUNTER = Family.counter("x:y_total", "Counts.", "who");
  private static final Family TIMES = Family.histogram("x:t_seconds", "Times.");
  private static final Family OTHER_TIMES = Family.histogram("x:u_seconds", "Times.");
  private static final Family TOTALS = Family.histogram("x:sizes_total", "Sizes.", "who");
  private static final Family STATE = Family.gauge("x:state_info", "State.");
  private static final Family SUMMARY = Family.summary("x_fill", "Fill.");

  private final Families families = new Families();

  private String text(String accept) {
    return Exposition.of(families.snapshots(), accept).text();
  }

  @Test
  void namesEndingsAndTextsAreShownAsTheyAre() {
    families.counter(COUNTER, "me").increment(2);
    families.times(TIMES, new double[] {0.001, 1}).record(Duration.ofMillis(2));
    families.sizes(TOTALS, new double[] {1, 8}, "me").record(3);
    families.gauge(STATE, this, x -> 1);
    families.summary(SUMMARY).record(0.5);
    String text = text(null);
    for (String line :
        new String[] {
          "# HELP x:y_total Counts.",
          "# TYPE x:y_total counter",
          "x:y_total{who=\"me\"} 2.0",
          "# TYPE x:t_seconds histogram",
          "x:t_seconds_bucket{le=\"0.001\"} 0",
          "x:t_seconds_bucket{le=\"1.0\"} 1",
          "x:t_seconds_bucket{le=\"+Inf\"} 1",
          "x:t_seconds_count 1",
          "x:t_seconds_sum 0.002",
          "# TYPE x:sizes_total histogram",
          "x:sizes_total_bucket{who=\"me\",le=\"8.0\"} 1",
          "x:sizes_total_sum{who=\"me\"} 3.0",
          "# TYPE x:state_info gauge",
          "x:state_info 1.0",
          "# TYPE x_fill summary",
          "x_fill_sum 0.5"
        }) {
      assertTrue(text.contains(line + "\n"), line + " is not in\n" + text);
    }
    assertFalse(text.contains("_max"), text);
  }

  @Test
  void aFamilyTakesItsOwnLabelsAndKind() {
    assertThrows(IllegalArgumentException.class, () -> families.counter(COUNTER));
    assertThrows(IllegalArgumentException.class, () -> families.counter(STATE));
    assertThrows(IllegalArgumentException.class, () -> Family.counter("x", "Without an ending."));
    assertThrows(IllegalArgumentException.class, () -> Family.gauge("x", " "));
  }

  @Test
  void openMetricsShowsTheTraceOfWhatWasSampled() {
    String open = "application/openmetrics-text; version=1.0.0,text/plain;q=0.5";
    var untraced = families.times(OTHER_TIMES, new double[] {1});
    families.exemplars().during(ExemplarTrace.NONE, () -> untraced.record(Duration.ofMillis(2)));
    assertFalse(text(open).contains("trace_id"));
    var timer = families.times(TIMES, new double[] {1});
    families.exemplars().during(sampled(), () -> timer.record(Duration.ofMillis(3)));
    assertNull(families.exemplars().getCurrentTraceId(), "only that observation was traced");
    Exposition shown = Exposition.of(families.snapshots(), open);
    assertEquals("application/openmetrics-text; version=1.0.0; charset=utf-8", shown.contentType());
    assertTrue(
        shown
            .text()
            .contains(
                "# {span_id=\"00f067aa0ba902b7\",trace_id=\""
                    + "4bf92f3577b34da6a3ce929d0e0e4736\"} 0.003"),
        shown.text());
    assertTrue(shown.text().endsWith("# EOF\n"), shown.text());
    assertFalse(text("text/plain").contains("trace_id"), "Prometheus' own format has none");
  }

  private static ExemplarTrace sampled() {
    return new ExemplarTrace() {
      @Override
      public String traceId() {
        return "4bf92f3577b34da6a3ce929d0e0e4736";
      }

      @Override
      public String spanId() {
        return "00f067aa0ba902b7";
      }

      @Override
      public boolean sampled() {
        return true;
      }
    };
  }
}
