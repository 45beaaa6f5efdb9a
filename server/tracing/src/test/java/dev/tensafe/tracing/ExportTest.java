package dev.tensafe.tracing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.runtime.ConfigException;
import dev.tensafe.testkit.OtlpReceiver;
import dev.tensafe.testkit.OtlpReceiver.Received;
import dev.tensafe.tracing.otel.OtelSetup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Spans as a collector gets them, over a real socket. */
class ExportTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final TraceParent PARENT =
      new TraceParent(TRACE, "00f067aa0ba902b7", true, "vendor=1");

  private static Tracing open(Map<String, String> variables) {
    return OtelSetup.of(variables, "tensafe", "1.2.3", InstantSource.system());
  }

  private static Map<String, String> to(OtlpReceiver receiver, String... more) {
    Map<String, String> variables = new HashMap<>();
    variables.put("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
    variables.put("OTEL_BSP_SCHEDULE_DELAY", "20");
    for (int i = 0; i < more.length; i += 2) {
      variables.put(more[i], more[i + 1]);
    }
    return variables;
  }

  @Test
  void aTreeArrivesAsItWasMade() {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Tracing tracing = open(to(receiver, "OTEL_RESOURCE_ATTRIBUTES", "rack=7"))) {
      long start = System.nanoTime();
      TraceSpan root = tracing.begin("chat", SpanKind.SERVER, PARENT, List.of(), start);
      root.rename("chat tiny");
      root.set("a", "text").set("b", 7).set("c", 0.5).set("d", List.of("x", "y"));
      TraceSpan child = root.child("decode", SpanKind.CLIENT, List.of(PARENT), start + 1000);
      child.fail("engine.timeout");
      child.end(start + 5000);
      root.end(start + 9000);
      Received parent = receiver.await("the root", s -> s.name().equals("chat tiny"));
      Received part = receiver.await("the child", s -> s.name().equals("decode"));
      assertEquals(TRACE, parent.trace());
      assertEquals("00f067aa0ba902b7", parent.parent());
      assertEquals("SERVER", parent.kind());
      assertEquals(Map.of("a", "text", "b", "7", "c", "0.5", "d", "[x, y]"), parent.attributes());
      assertEquals(9000, parent.endNanos() - parent.startNanos());
      assertEquals(parent.id(), part.parent());
      assertEquals(1000, part.startNanos() - parent.startNanos());
      assertEquals(4000, part.endNanos() - part.startNanos());
      assertTrue(part.error());
      assertEquals("engine.timeout", part.get("error.type"));
      assertEquals(List.of(TRACE + "/00f067aa0ba902b7"), part.links());
      assertEquals("tensafe", parent.resource().get("service.name"));
      assertEquals("7", parent.resource().get("rack"));
      assertEquals(List.of(), receiver.faults());
    }
  }

  @Test
  void theSamplerOfTheVariablesDecides() {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Tracing none =
            open(
                to(
                    receiver,
                    "OTEL_TRACES_SAMPLER",
                    "traceidratio",
                    "OTEL_TRACES_SAMPLER_ARG",
                    "0"));
        Tracing byParent = open(to(receiver, "OTEL_TRACES_SAMPLER", "parentbased_always_on"))) {
      TraceSpan span = none.begin("chat", SpanKind.SERVER, PARENT, List.of(), System.nanoTime());
      assertFalse(span.recorded());
      TraceParent place = Optional.ofNullable(span.place()).orElseThrow();
      assertEquals(TRACE, place.traceId());
      assertFalse(place.sampled());
      assertFalse(span.child("x", 0).recorded());
      TraceParent unsampled = new TraceParent(TRACE, "00f067aa0ba902b7", false, "");
      assertFalse(byParent.begin("c", SpanKind.SERVER, unsampled, List.of(), 0).recorded());
      assertTrue(byParent.begin("c", SpanKind.SERVER, null, List.of(), 0).recorded());
    }
  }

  @Test
  void withoutAnEndpointNothingIsSentAnywhere() {
    assertSame(Tracing.OFF, open(Map.of()));
    assertSame(Tracing.OFF, open(Map.of("OTEL_TRACES_EXPORTER", "otlp")));
    assertSame(Tracing.OFF, open(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", " ")));
    try (OtlpReceiver receiver = OtlpReceiver.start()) {
      assertSame(Tracing.OFF, open(to(receiver, "OTEL_SDK_DISABLED", "true")));
      assertSame(Tracing.OFF, open(to(receiver, "OTEL_TRACES_EXPORTER", "none")));
    }
    TraceSpan span = Tracing.OFF.begin("chat", SpanKind.SERVER, PARENT, List.of(), 0);
    assertFalse(span.recorded());
    // who asks still learns to which trace a log line belongs
    assertEquals(PARENT, span.place());
    assertSame(TraceSpan.none(), Tracing.OFF.begin("c", SpanKind.SERVER, null, List.of(), 0));
  }

  @Test
  void aVariableThatCannotBeUsedIsNamedWithoutItsValue() {
    for (String[] wrong :
        List.of(
            new String[] {"OTEL_EXPORTER_OTLP_HEADERS", "secret-without-a-name"},
            new String[] {"OTEL_TRACES_SAMPLER", "secret"},
            new String[] {"OTEL_TRACES_EXPORTER", "secret"},
            new String[] {"OTEL_EXPORTER_OTLP_PROTOCOL", "secret"},
            new String[] {"OTEL_EXPORTER_OTLP_TIMEOUT", "secret"},
            new String[] {"OTEL_CONFIG_FILE", "secret"})) {
      Map<String, String> variables = new HashMap<>();
      variables.put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
      variables.put(wrong[0], wrong[1]);
      ConfigException error = assertThrows(ConfigException.class, () -> open(variables), wrong[0]);
      assertEquals("config.tracing", error.code());
      assertTrue(error.getMessage().contains(wrong[0]), error.getMessage());
      assertFalse(error.getMessage().contains("secret"), error.getMessage());
    }
  }

  @Test
  void anEndpointThatIsDownOrNeverAnswersHoldsNobodyUp() throws IOException {
    // it takes connections and says nothing
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      for (String endpoint :
          List.of("http://127.0.0.1:" + silent.getLocalPort(), "http://127.0.0.1:1")) {
        Tracing tracing =
            open(
                Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    endpoint,
                    "OTEL_EXPORTER_OTLP_TIMEOUT",
                    "200",
                    "OTEL_BSP_SCHEDULE_DELAY",
                    "1",
                    "OTEL_BSP_MAX_QUEUE_SIZE",
                    "512"));
        long before = used();
        for (int i = 0; i < 200_000; i++) {
          TraceSpan span = tracing.begin("chat", SpanKind.SERVER, null, List.of(), i);
          span.set("n", i);
          span.end(i + 1);
        }
        // 200,000 spans that were kept would be 100 MiB
        assertTrue(used() - before < 40L << 20, "the queue of spans has no end");
        tracing.close();
      }
    }
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
