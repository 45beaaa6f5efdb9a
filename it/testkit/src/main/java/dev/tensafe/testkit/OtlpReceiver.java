package dev.tensafe.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;

/** Takes traces as a collector does: OTLP over HTTP, on a real socket, in protobuf. */
public final class OtlpReceiver implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Received> spans = new CopyOnWriteArrayList<>();
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
  private final Object news = new Object();
  private final List<String> faults = new CopyOnWriteArrayList<>();

  /**
   * A span as it arrived.
   *
   * @param resource attributes of what sent it
   * @param parent id of its parent; empty for none
   */
  public record Received(
      Map<String, String> resource,
      String name,
      String kind,
      String trace,
      String id,
      String parent,
      long startNanos,
      long endNanos,
      boolean error,
      Map<String, String> attributes,
      List<String> links) {
    /** An attribute as text; empty if there is none. */
    public String get(String key) {
      return attributes.getOrDefault(key, "");
    }
  }

  private OtlpReceiver(HttpServer server) {
    this.server = server;
  }

  /** Listens on a free port. */
  public static OtlpReceiver start() {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      OtlpReceiver receiver = new OtlpReceiver(server);
      server.createContext("/v1/traces", receiver::handle);
      server.setExecutor(receiver.threads);
      server.start();
      return receiver;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What {@code OTEL_EXPORTER_OTLP_ENDPOINT} is to be. */
  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
          body = in.readAllBytes();
        }
      }
      String type = exchange.getRequestHeaders().getFirst("Content-Type");
      if (!"application/x-protobuf".equals(type)) {
        faults.add("a body of type " + type);
      }
      bodies.add(body);
      take(ExportTraceServiceRequest.parseFrom(body));
      synchronized (news) {
        news.notifyAll();
      }
      byte[] answer = ExportTraceServiceResponse.getDefaultInstance().toByteArray();
      exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
    } catch (IOException | RuntimeException e) {
      faults.add(e.toString());
      throw e;
    }
  }

  private void take(ExportTraceServiceRequest request) {
    for (ResourceSpans of : request.getResourceSpansList()) {
      Map<String, String> resource = attributes(of.getResource().getAttributesList());
      for (ScopeSpans scope : of.getScopeSpansList()) {
        for (Span span : scope.getSpansList()) {
          spans.add(
              new Received(
                  resource,
                  span.getName(),
                  span.getKind().name().substring("SPAN_KIND_".length()),
                  hex(span.getTraceId().toByteArray()),
                  hex(span.getSpanId().toByteArray()),
                  hex(span.getParentSpanId().toByteArray()),
                  span.getStartTimeUnixNano(),
                  span.getEndTimeUnixNano(),
                  span.getStatus().getCodeValue() == 2,
                  attributes(span.getAttributesList()),
                  span.getLinksList().stream()
                      .map(
                          link ->
                              hex(link.getTraceId().toByteArray())
                                  + "/"
                                  + hex(link.getSpanId().toByteArray()))
                      .toList()));
        }
      }
    }
  }

  private static Map<String, String> attributes(List<KeyValue> list) {
    Map<String, String> out = new TreeMap<>();
    list.forEach(entry -> out.put(entry.getKey(), text(entry.getValue())));
    return out;
  }

  private static String text(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> value.getStringValue();
      case INT_VALUE -> Long.toString(value.getIntValue());
      case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
      case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
      case ARRAY_VALUE ->
          value.getArrayValue().getValuesList().stream()
              .map(OtlpReceiver::text)
              .toList()
              .toString();
      default -> value.toString();
    };
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** What came so far. */
  public List<Received> spans() {
    return List.copyOf(spans);
  }

  /** What came so far, byte by byte. */
  public List<byte[]> bodies() {
    return List.copyOf(bodies);
  }

  /** What came and was not OTLP over HTTP. */
  public List<String> faults() {
    return List.copyOf(faults);
  }

  /** Waits for a span. */
  public Received await(String what, Predicate<Received> wanted) {
    long deadline = System.nanoTime() + 60_000_000_000L;
    synchronized (news) {
      while (true) {
        for (Received span : spans) {
          if (wanted.test(span)) {
            return span;
          }
        }
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          List<String> names = spans.stream().map(Received::name).toList();
          throw new AssertionError("no span of " + what + " came; " + faults + " " + names);
        }
        try {
          news.wait(left);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  /** Spans with a parent. */
  public List<Received> children(Received parent) {
    return spans.stream()
        .filter(s -> s.trace().equals(parent.trace()) && s.parent().equals(parent.id()))
        .toList();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
