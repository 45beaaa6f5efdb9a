package dev.tensafe.dashboards;

import dev.tensafe.cli.training.TrainingMetrics;
import dev.tensafe.owner.host.AdapterHostMetrics;
import dev.tensafe.runtime.metrics.Family;
import dev.tensafe.runtime.metrics.ProcessMetrics;
import dev.tensafe.server.metrics.MetricCatalog;
import java.util.List;
import java.util.stream.Collectors;

/** {@code docs/METRICS.md}: every family of every program, from the code that registers it. */
final class MetricsPage {
  private final StringBuilder out = new StringBuilder();

  private MetricsPage() {}

  static String text() {
    MetricsPage page = new MetricsPage();
    page.out.append(
        """
        # Metrics

        This page is made from the code: `MetricsPage` writes it, and a test compares it with what a server, an adapter
        host and a training run show under load. How they are scraped, and what is drawn of them:
        [observability](OBSERVABILITY.md).

        Counters end with `_total`; a histogram has `_bucket` with the label `le`, `_sum` and `_count`. Times are in
        seconds, sizes in bytes. Names that others choose are bounded: the first 100 tenants, adapters, packings and codes
        of errors have values of their own, all others together are `_other`; of removed adapters the place becomes free.
        Routes are templates, unknown paths are `none`. A model that does not exist has no label at all.

        `/metrics` answers in Prometheus' text format, or in OpenMetrics where the header `accept` says
        `application/openmetrics-text`; only the second shows exemplars, the ids of traces beside buckets.
        """);
    page.section(
        "vLLM's",
        "Under vLLM's names, with its labels, buckets and texts, for dashboards, autoscalers and gateways that know them;"
            + " `engine` is always `0`. Buckets of lengths are 1, 2, 5, 10, … up to `max-model-len`. The labels of"
            + " `vllm:lora_requests_info` list adapters, its value is the time. `http_*` are named as the library names"
            + " them that vLLM counts requests with.",
        MetricCatalog.vllm());
    page.section("The server's own", "", MetricCatalog.server());
    page.section(
        "Encrypted adapters",
        "What shows that the host's answers are checked: [the threat model](THREAT-MODEL.md). `tensafe_he_pool_*` are"
            + " there where the adapter host is embedded.",
        MetricCatalog.encrypted());
    page.section(
        "The process",
        "Of every program but the adapter host. Beside them there are Micrometer's `jvm_*`: memory, buffers, threads,"
            + " classes, collections.",
        ProcessMetrics.FAMILIES);
    page.section(
        "The adapter host", "At `tensafe adapter-host --metrics-port`.", AdapterHostMetrics.all());
    page.section("Training", "At `tensafe train --metrics-port`.", TrainingMetrics.all());
    return page.out.toString();
  }

  private void section(String title, String text, List<Family> families) {
    out.append("\n## ").append(title).append("\n\n");
    if (!text.isEmpty()) {
      out.append(wrapped(text)).append("\n\n");
    }
    out.append("| name | type | labels | what |\n|---|---|---|---|\n");
    for (Family family : families) {
      out.append("| `").append(family.name()).append("` | ").append(family.kind().label());
      out.append(" | ").append(labels(family)).append(" | ");
      out.append(family.help().replace("|", "\\|")).append(" |\n");
    }
  }

  private static String labels(Family family) {
    return family.labels().stream().map(l -> "`" + l + "`").collect(Collectors.joining(", "));
  }

  private static String wrapped(String text) {
    StringBuilder lines = new StringBuilder();
    int column = 0;
    for (String word : text.split(" ", -1)) {
      if (column > 0 && column + 1 + word.length() > 120) {
        lines.append('\n');
        column = 0;
      } else if (column > 0) {
        lines.append(' ');
        column++;
      }
      lines.append(word);
      column += word.length();
    }
    return lines.toString();
  }
}
