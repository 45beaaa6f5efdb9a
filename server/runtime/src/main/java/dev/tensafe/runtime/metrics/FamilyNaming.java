package dev.tensafe.runtime.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import org.jspecify.annotations.Nullable;

/**
 * Names of {@link Family families} stay as they are, endings and colons included ({@code vllm:…});
 * those of the library's own meters have dots, and get its names.
 */
final class FamilyNaming extends PrometheusNamingConvention {
  @Override
  public String name(String name, Meter.Type type, @Nullable String baseUnit) {
    return name.indexOf('.') < 0 ? name : super.name(name, type, baseUnit);
  }
}
