package dev.tensafe.server.metrics;

import dev.tensafe.runtime.metrics.Family;
import dev.tensafe.runtime.metrics.ProcessMetrics;
import java.util.List;
import java.util.stream.Stream;

/** Every family that a server's {@code /metrics} may show; {@code jvm_*} are the library's. */
public final class MetricCatalog {
  private MetricCatalog() {}

  /** vLLM's. */
  public static List<Family> vllm() {
    return VllmFamilies.ALL;
  }

  /** Of engine, adapters and tenants. */
  public static List<Family> server() {
    return ServerFamilies.ALL;
  }

  /** Of encrypted adapters. */
  public static List<Family> encrypted() {
    return HeFamilies.ALL;
  }

  /** All. */
  public static List<Family> all() {
    return Stream.of(vllm(), server(), encrypted(), ProcessMetrics.FAMILIES)
        .flatMap(List::stream)
        .toList();
  }
}
