package dev.tensafe.runtime.metrics;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Metrics as text.
 *
 * @param contentType of the text
 */
public record Exposition(String contentType, String text) {
  /** Prometheus' text format. */
  public static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  /**
   * Writes metrics in the format that a client asks for: OpenMetrics where it says so, else
   * Prometheus' own.
   *
   * @param accept the header, null for none
   */
  public static Exposition of(Collection<MetricSnapshot> metrics, @Nullable String accept) {
    boolean open =
        accept != null && accept.toLowerCase(Locale.ROOT).contains("application/openmetrics-text");
    ExpositionFormatWriter writer =
        open
            ? OpenMetricsTextFormatWriter.builder().setCreatedTimestampsEnabled(false).build()
            : PrometheusTextFormatWriter.builder().setIncludeCreatedTimestamps(false).build();
    ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);
    try {
      writer.write(out, new MetricSnapshots(metrics));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Exposition(
        open ? OpenMetricsTextFormatWriter.CONTENT_TYPE : TEXT,
        out.toString(StandardCharsets.UTF_8));
  }
}
