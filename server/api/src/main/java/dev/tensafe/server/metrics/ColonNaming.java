package dev.tensafe.server.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import org.jspecify.annotations.Nullable;

/** Prometheus names, with everything up to a colon kept as it is ({@code vllm:…}). */
final class ColonNaming extends PrometheusNamingConvention {
  @Override
  public String name(String name, Meter.Type type, @Nullable String baseUnit) {
    int colon = name.indexOf(':');
    return name.substring(0, colon + 1) + super.name(name.substring(colon + 1), type, baseUnit);
  }
}
