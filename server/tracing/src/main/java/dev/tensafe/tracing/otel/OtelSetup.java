package dev.tensafe.tracing.otel;

import dev.tensafe.runtime.ConfigException;
import dev.tensafe.tracing.Tracing;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes {@link Tracing} of OpenTelemetry's variables ({@code OTEL_*}). Without an endpoint among
 * them nothing is recorded and nothing is sent. docs/TRACES.md.
 */
public final class OtelSetup {
  private static final Logger LOG = LoggerFactory.getLogger(OtelSetup.class);
  private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
  private static final String TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  private static final Pattern PROPERTY = Pattern.compile("otel\\.[a-z0-9_.-]+");

  private OtelSetup() {}

  /**
   * @param environment variables of the process
   * @param service its name, unless the variables give one
   * @throws ConfigException {@code config.tracing} when a variable cannot be used
   */
  public static Tracing of(
      Map<String, String> environment, String service, String version, InstantSource clock) {
    if (!wanted(environment)) {
      return Tracing.OFF;
    }
    refuseOthers(environment);
    SpanLosses losses = new SpanLosses();
    try {
      OpenTelemetrySdk sdk =
          AutoConfiguredOpenTelemetrySdk.builder()
              .disableShutdownHook()
              .setServiceClassLoader(OtelSetup.class.getClassLoader())
              .addPropertiesSupplier(() -> defaults(service))
              .addPropertiesCustomizer(config -> properties(environment))
              .addSpanExporterCustomizer((exporter, config) -> losses.counting(exporter))
              .addSpanProcessorCustomizer((queue, config) -> losses.counting(queue))
              .build()
              .getOpenTelemetrySdk();
      LOG.info("traces are exported");
      return new OtelTracing(sdk, losses, version, clock);
    } catch (ConfigurationException | IllegalArgumentException e) {
      throw new ConfigException(
          "config.tracing",
          "the variables of tracing cannot be used: " + names(e) + "; see docs/TRACES.md",
          e);
    }
  }

  private static boolean wanted(Map<String, String> environment) {
    boolean endpoint = given(environment, ENDPOINT) || given(environment, TRACES_ENDPOINT);
    boolean disabled = value(environment, "OTEL_SDK_DISABLED").equals("true");
    return endpoint && !disabled && !value(environment, "OTEL_TRACES_EXPORTER").equals("none");
  }

  private static boolean given(Map<String, String> environment, String name) {
    return !environment.getOrDefault(name, "").isBlank();
  }

  private static String value(Map<String, String> environment, String name) {
    return environment.getOrDefault(name, "").strip().toLowerCase(Locale.ROOT);
  }

  /** What the library could do elsewhere, and what is not shipped with it here. */
  private static void refuseOthers(Map<String, String> environment) {
    require(environment, "OTEL_TRACES_EXPORTER", "otlp", "none");
    require(environment, "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    require(environment, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf");
    if (given(environment, "OTEL_CONFIG_FILE")) {
      throw new ConfigException(
          "config.tracing", "OTEL_CONFIG_FILE is not read; give the variables themselves");
    }
  }

  private static void require(Map<String, String> environment, String name, String... allowed) {
    String value = value(environment, name);
    if (!value.isEmpty() && !Set.of(allowed).contains(value)) {
      throw new ConfigException(
          "config.tracing", name + " must be " + String.join(" or ", allowed));
    }
  }

  private static Map<String, String> defaults(String service) {
    return Map.of(
        "otel.service.name",
        service,
        "otel.traces.exporter",
        "otlp",
        "otel.metrics.exporter",
        "none",
        "otel.logs.exporter",
        "none",
        "otel.exporter.otlp.protocol",
        "http/protobuf");
  }

  /** The variables as the library's properties; metrics and logs go other ways. */
  private static Map<String, String> properties(Map<String, String> environment) {
    Map<String, String> properties = new HashMap<>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith("OTEL_") && !value.isBlank()) {
            properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
          }
        });
    properties.put("otel.metrics.exporter", "none");
    properties.put("otel.logs.exporter", "none");
    return properties;
  }

  /** Names only: values of headers are secrets. */
  private static String names(RuntimeException error) {
    Set<String> names = new TreeSet<>();
    Matcher matcher = PROPERTY.matcher(String.valueOf(error.getMessage()));
    while (matcher.find()) {
      names.add(matcher.group().replaceAll("\\.$", "").toUpperCase(Locale.ROOT).replace('.', '_'));
    }
    return names.isEmpty() ? "one of OTEL_*" : String.join(", ", names);
  }
}
