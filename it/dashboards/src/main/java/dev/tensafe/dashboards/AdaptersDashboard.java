package dev.tensafe.dashboards;

/** What adapters and tenants use, and what encryption costs. */
final class AdaptersDashboard {
  private static final Promql Q = new Promql("job=~\"$job\", adapter=~\"$adapter\"");
  private static final Promql TENANTS = new Promql("job=~\"$job\", tenant=~\"$tenant\"");
  private static final Promql ALL = new Promql("job=~\"$job\"");
  private static final Promql HOST = new Promql("job=~\"$host\"");
  private static final String RESIDUAL = "tensafe_he_tag_residual";

  private AdaptersDashboard() {}

  static Dashboard make() {
    Dashboard dashboard =
        new Dashboard(
            "tensafe-adapters",
            "TenSafe / Adapters",
            "What adapters and tenants use, what encryption costs, and what was refused.");
    dashboard
        .choice("job", "Job", "label_values(vllm:num_requests_running, job)")
        .choice(
            "adapter",
            "Adapter",
            "label_values(tensafe_adapter_requests_total{job=~\"$job\"}, adapter)")
        .choice(
            "tenant",
            "Tenant",
            "label_values(tensafe_tenant_requests_total{job=~\"$job\"}, tenant)")
        .choice("host", "Adapter host", "label_values(tensafe_he_host_sessions, job)");
    adapters(dashboard);
    tenants(dashboard);
    encryption(dashboard);
    checks(dashboard);
    registry(dashboard);
    host(dashboard);
    return dashboard;
  }

  private static void adapters(Dashboard dashboard) {
    dashboard
        .row("By adapter")
        .add(
            Panel.lines(
                "Requests",
                "reqps",
                "Outputs with each adapter that were completed.",
                Query.of(
                    Q.rate("adapter", "tensafe_adapter_requests_total", "outcome=\"completed\""),
                    "{{adapter}}")),
            Panel.lines(
                "Failed",
                "reqps",
                "Outputs that failed or were cancelled.",
                Query.of(
                    Q.rate("adapter", "tensafe_adapter_requests_total", "outcome=\"failed\""),
                    "{{adapter}}")),
            Panel.lines(
                "Tokens",
                "tokens/s",
                "Of prompts, and generated.",
                Query.of(
                    Q.rate("adapter, type", "tensafe_adapter_tokens_total"),
                    "{{adapter}}, {{type}}")));
  }

  private static void tenants(Dashboard dashboard) {
    dashboard
        .row("By tenant")
        .add(
            Panel.lines(
                "Requests",
                "reqps",
                "Outputs that were completed.",
                Query.of(
                    TENANTS.rate(
                        "tenant", "tensafe_tenant_requests_total", "outcome=\"completed\""),
                    "{{tenant}}")),
            Panel.lines(
                "Tokens",
                "tokens/s",
                "Generated, and of prompts by where they came from.",
                Query.of(
                    TENANTS.rate("tenant", "tensafe_tenant_generation_tokens_total"),
                    "{{tenant}}, generated"),
                Query.of(
                    TENANTS.rate("tenant, source", "tensafe_tenant_prompt_tokens_total"),
                    "{{tenant}}, prompt, {{source}}")),
            Panel.stack(
                "Time",
                "percentunit",
                "The engine's seconds a second, by whom they went to.",
                Query.of(TENANTS.rate("tenant", "tensafe_tenant_seconds_total"), "{{tenant}}")));
  }

  private static void encryption(Dashboard dashboard) {
    dashboard
        .row("Encryption")
        .add(
            Panel.lines(
                "What a message adds",
                "s",
                "To the forward pass, by adapter.",
                Query.of(
                    Q.quantile(0.5, "adapter", "tensafe_he_lora_latency_seconds"),
                    "{{adapter}}, p50"),
                Query.of(
                    Q.quantile(0.95, "adapter", "tensafe_he_lora_latency_seconds"),
                    "{{adapter}}, p95")),
            Panel.stack(
                "Time by stage",
                "percentunit",
                "Seconds a second. Evaluation is what the host says of itself.",
                Query.of(Q.rate("stage", "tensafe_he_seconds_total"), "{{stage}}")),
            Panel.lines(
                "Bytes",
                "Bps",
                "To the adapter host, and back.",
                Query.of(
                    Q.rate("adapter, direction", "tensafe_he_bytes_total"),
                    "{{adapter}}, {{direction}}")),
            Panel.lines(
                "Bytes per row",
                "bytes",
                "A row is a token's, once per group of projections.",
                Query.of(
                    Q.rate("adapter", "tensafe_he_bytes_total")
                        + " / ("
                        + Q.rate("adapter", "tensafe_he_token_rows_total")
                        + " > 0)",
                    "{{adapter}}")),
            Panel.stack(
                "Messages by packing",
                "cps",
                "pads are masked rows, all others are ciphertexts.",
                Query.of(ALL.rate("packing", "tensafe_he_messages_total"), "{{packing}}")),
            Panel.lines(
                "Places used",
                "percentunit",
                "Share of a packing's places that hold a row, mean.",
                Query.of(Q.mean("adapter", "tensafe_he_batch_fill"), "{{adapter}}")),
            Panel.lines(
                "Pads ready",
                "none",
                "Positions, over all groups.",
                Query.of(ALL.sum("instance", "tensafe_he_pads_ready"), "{{instance}}")),
            Panel.lines(
                "Keys of sequences",
                "cps",
                "Made ahead, used, and retired.",
                Query.of(Q.rate("event", "tensafe_he_lanes_total"), "{{event}}")),
            Panel.lines(
                "Hosts connected",
                "none",
                "By instance.",
                Query.of(ALL.sum("instance", "tensafe_he_sessions"), "{{instance}}")));
  }

  private static void checks(Dashboard dashboard) {
    dashboard
        .row("Checks")
        .add(
            Panel.lines(
                "Answers checked",
                "cps",
                "Tags that passed.",
                Query.of(Q.rate("adapter", "tensafe_he_tags_checked_total"), "{{adapter}}")),
            Panel.lines(
                "Answers that stray",
                "percentunit",
                "Share of answers more than 3 and 4 deviations from their tags; of an honest host"
                    + " 0.27 % and 0.006 %.",
                Query.of(Q.above("3.0", "adapter", RESIDUAL), "{{adapter}}, 3"),
                Query.of(Q.above("4.0", "adapter", RESIDUAL), "{{adapter}}, 4")),
            Panel.heatmap(
                "Deviations",
                "none",
                "How many answers a second lie how far from their tags.",
                Q.rate("le", RESIDUAL + "_bucket")),
            Panel.lines(
                "Failures",
                "cps",
                "Steps in which an adapter's requests failed, by code.",
                Query.of(
                    Q.rate("adapter, reason", "tensafe_he_failures_total"),
                    "{{adapter}}, {{reason}}")),
            Panel.lines(
                "Hosts barred",
                "none",
                "Pairs of host and adapter that are barred now.",
                Query.of(ALL.sum("instance", "tensafe_he_barred_pairs"), "{{instance}}")),
            Panel.lines(
                "Hosts distrusted",
                "none",
                "Since the start of each server, by reason.",
                Query.of(
                    Q.sum("adapter, reason", "tensafe_he_distrusted_total"),
                    "{{adapter}}, {{reason}}")));
  }

  private static void registry(Dashboard dashboard) {
    dashboard
        .row("Registry")
        .add(
            Panel.lines(
                "Adapters",
                "none",
                "That requests may name, and those in memory.",
                Query.of(ALL.sum("instance", "tensafe_adapters_registered"), "{{instance}}, named"),
                Query.of(
                    ALL.sum("instance", "tensafe_adapters_resident"), "{{instance}}, in memory")),
            Panel.lines(
                "Memory of adapters",
                "percentunit",
                "Of what adapters may take.",
                Query.of(
                    ALL.sum("instance", "tensafe_adapter_memory_bytes")
                        + " / "
                        + ALL.sum("instance", "tensafe_adapter_memory_limit_bytes"),
                    "{{instance}}")),
            Panel.lines(
                "Loads",
                "cps",
                "Into memory, out of it, and those that failed.",
                Query.of(ALL.rate("", "tensafe_adapter_loads_total"), "loaded"),
                Query.of(ALL.rate("", "tensafe_adapter_evictions_total"), "evicted"),
                Query.of(ALL.rate("", "tensafe_adapter_failed_loads_total"), "failed")),
            Panel.lines(
                "Packages refused",
                "none",
                "Since the start of each server, by code.",
                Query.of(
                    ALL.sum("reason", "tensafe_adapter_refused_packages_total"), "{{reason}}")),
            Panel.lines(
                "Budgets used",
                "percentunit",
                "Tokens, of those that owners allow in all.",
                Query.of(
                    Q.sum("adapter", "tensafe_adapter_budget_used_tokens")
                        + " / "
                        + Q.sum("adapter", "tensafe_adapter_budget_tokens"),
                    "{{adapter}}")),
            Panel.table(
                "Adapters in use",
                "As gateways read it: what runs and what waits, newest first.",
                "topk by (job, instance) (1, " + ALL.of("vllm:lora_requests_info") + ")"));
  }

  private static void host(Dashboard dashboard) {
    dashboard
        .row("Adapter host")
        .add(
            Panel.lines(
                "Sessions and keys",
                "none",
                "Model hosts that are connected, and keys of sequences that are held.",
                Query.of(
                    HOST.sum("instance", "tensafe_he_host_sessions"), "{{instance}}, sessions"),
                Query.of(HOST.sum("instance", "tensafe_he_host_lanes"), "{{instance}}, keys")),
            Panel.lines(
                "Time of a message",
                "s",
                "What evaluating one takes, mean.",
                Query.of(
                    HOST.ratio(
                        "instance",
                        "tensafe_he_host_evaluate_seconds_total",
                        "tensafe_he_host_evaluations_total"),
                    "{{instance}}")),
            Panel.lines(
                "Bytes",
                "Bps",
                "In, and out.",
                Query.of(
                    HOST.rate("instance", "tensafe_he_host_bytes_in_total"), "{{instance}}, in"),
                Query.of(
                    HOST.rate("instance", "tensafe_he_host_bytes_out_total"), "{{instance}}, out")),
            Panel.lines(
                "Pool",
                "percentunit",
                "Encryptions of zero that are ready, of those that are kept.",
                Query.of(
                    HOST.sum("instance", "tensafe_he_pool_level")
                        + " / "
                        + HOST.sum("instance", "tensafe_he_pool_capacity"),
                    "{{instance}}")),
            Panel.lines(
                "Refusals",
                "cps",
                "By reason.",
                Query.of(HOST.rate("reason", "tensafe_he_host_refusals_total"), "{{reason}}")),
            Panel.lines(
                "Tokens by client",
                "none",
                "That each model host has used of each adapter since the record began.",
                Query.of(
                    HOST.sum("adapter, client", "tensafe_he_host_tokens_used"),
                    "{{adapter}}, {{client}}")));
  }
}
