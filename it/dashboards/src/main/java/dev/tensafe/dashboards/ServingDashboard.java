package dev.tensafe.dashboards;

/** How well requests are served, and what holds them up. */
final class ServingDashboard {
  private static final Promql Q =
      new Promql("job=~\"$job\", instance=~\"$instance\", model_name=~\"$model_name\"");
  private static final Promql PROCESS = new Promql("job=~\"$job\", instance=~\"$instance\"");
  private static final Promql RULES = new Promql("job=~\"$job\"");

  private ServingDashboard() {}

  static Dashboard make() {
    Dashboard dashboard =
        new Dashboard(
            "tensafe-serving",
            "TenSafe / Serving",
            "How well requests are served: objectives, latency, throughput, batches, cache.");
    dashboard
        .choice("job", "Job", "label_values(vllm:num_requests_running, job)")
        .choice(
            "model_name",
            "Model",
            "label_values(vllm:num_requests_running{job=~\"$job\"}, model_name)")
        .choice(
            "instance",
            "Instance",
            "label_values(vllm:num_requests_running{job=~\"$job\"}, instance)");
    summary(dashboard);
    objectives(dashboard);
    latency(dashboard);
    throughput(dashboard);
    batches(dashboard);
    cache(dashboard);
    process(dashboard);
    return dashboard;
  }

  private static void summary(Dashboard dashboard) {
    dashboard.add(
        Panel.number(
            "Requests",
            "reqps",
            "Outputs that ended, for any reason.",
            Q.rate("", "vllm:request_success_total")),
        Panel.number(
            "Generated tokens",
            "tokens/s",
            "Tokens that were generated.",
            Q.rate("", "vllm:generation_tokens_total")),
        Panel.number(
            "First token, p95",
            "s",
            "From a request's arrival to its first token.",
            Q.quantile(0.95, "", "vllm:time_to_first_token_seconds")),
        Panel.number(
            "Between tokens, p95",
            "s",
            "From one token to the next.",
            Q.quantile(0.95, "", "vllm:inter_token_latency_seconds")),
        Panel.number(
            "Waiting",
            "none",
            "Requests that wait for the cache or a place in the batch.",
            Q.sum("", "vllm:num_requests_waiting")),
        Panel.number(
            "Cache in use",
            "percentunit",
            "Blocks of the key/value cache that running requests hold.",
            Q.max("", "vllm:kv_cache_usage_perc")));
  }

  private static void objectives(Dashboard dashboard) {
    dashboard
        .row("Objectives")
        .add(
            Panel.lines(
                "Error budget burnt",
                "none",
                "How many times faster than allowed the budget of 0.1 % failed requests is used; at"
                    + " 1 it just lasts. From the recording rules.",
                Query.of(RULES.of("tensafe:http_errors:ratio_rate5m") + " / 0.001", "5 minutes"),
                Query.of(RULES.of("tensafe:http_errors:ratio_rate1h") + " / 0.001", "1 hour"),
                Query.of(RULES.of("tensafe:http_errors:ratio_rate6h") + " / 0.001", "6 hours")),
            Panel.lines(
                "Late first tokens, budget burnt",
                "none",
                "The same for first tokens later than 2.5 s, of which 5 % are allowed.",
                Query.of(
                    RULES.of("tensafe:late_first_tokens:ratio_rate5m") + " / 0.05", "5 minutes"),
                Query.of(RULES.of("tensafe:late_first_tokens:ratio_rate1h") + " / 0.05", "1 hour")),
            Panel.stack(
                "Answers by status",
                "reqps",
                "Answers of all routes but health, metrics and version.",
                Query.of(PROCESS.rate("status", "http_requests_total"), "{{status}}")));
  }

  private static void latency(Dashboard dashboard) {
    dashboard
        .row("Latency")
        .add(
            Panel.latency(
                "Time to first token",
                "From arrival, the queue included.",
                Q,
                "vllm:time_to_first_token_seconds"),
            Panel.latency(
                "Time between tokens",
                "For every token but an output's first.",
                Q,
                "vllm:inter_token_latency_seconds"),
            Panel.latency(
                "Time per output token",
                "The mean of each output.",
                Q,
                "vllm:request_time_per_output_token_seconds"),
            Panel.latency(
                "Whole requests",
                "From arrival to the last token.",
                Q,
                "vllm:e2e_request_latency_seconds"),
            Panel.stack(
                "Where a request's time goes",
                "s",
                "Means over all requests.",
                Query.of(Q.mean("", "vllm:request_queue_time_seconds"), "queue"),
                Query.of(Q.mean("", "vllm:request_prefill_time_seconds"), "prompt"),
                Query.of(Q.mean("", "vllm:request_decode_time_seconds"), "decoding")),
            Panel.heatmap(
                "First tokens by time",
                "s",
                "How many first tokens a second took how long.",
                Q.rate("le", "vllm:time_to_first_token_seconds_bucket")));
  }

  private static void throughput(Dashboard dashboard) {
    dashboard
        .row("Throughput")
        .add(
            Panel.stack(
                "Tokens",
                "tokens/s",
                "Prompt tokens count once their request is done.",
                Query.of(Q.rate("", "vllm:prompt_tokens_total"), "prompt"),
                Query.of(Q.rate("", "vllm:generation_tokens_total"), "generated")),
            Panel.stack(
                "Outputs by end",
                "reqps",
                "stop: an end token or stop string; length: the limit; abort: the client went away.",
                Query.of(
                    Q.rate("finished_reason", "vllm:request_success_total"),
                    "{{finished_reason}}")),
            Panel.lines(
                "Lengths",
                "none",
                "Tokens of prompts and outputs, means and 95th percentiles.",
                Query.of(Q.mean("", "vllm:request_prompt_tokens"), "prompt"),
                Query.of(Q.quantile(0.95, "", "vllm:request_prompt_tokens"), "prompt, p95"),
                Query.of(Q.mean("", "vllm:request_generation_tokens"), "output"),
                Query.of(Q.quantile(0.95, "", "vllm:request_generation_tokens"), "output, p95")));
  }

  private static void batches(Dashboard dashboard) {
    dashboard
        .row("Batches")
        .add(
            Panel.lines(
                "Requests",
                "none",
                "In the batch, and in front of it.",
                Query.of(Q.sum("", "vllm:num_requests_running"), "running"),
                Query.of(Q.sum("", "vllm:num_requests_waiting"), "waiting")),
            Panel.lines(
                "Steps",
                "none",
                "Tokens and sequences of a step, means.",
                Query.of(Q.mean("", "vllm:iteration_tokens_total"), "tokens"),
                Query.of(Q.mean("", "tensafe_engine_step_sequences"), "sequences")),
            Panel.stack(
                "What steps spend time on",
                "percentunit",
                "Seconds a second, by phase.",
                Query.of(Q.rate("phase", "tensafe_engine_phase_seconds_total"), "{{phase}}")),
            Panel.latency(
                "Time of a step", "One pass of the model.", Q, "tensafe_engine_step_seconds"),
            Panel.lines(
                "Guessed tokens",
                "tokens/s",
                "Guesses that ran, and those that were right.",
                Query.of(Q.rate("", "vllm:spec_decode_num_draft_tokens_total"), "ran"),
                Query.of(Q.rate("", "vllm:spec_decode_num_accepted_tokens_total"), "right")),
            Panel.lines(
                "Guesses that are right",
                "percentunit",
                "Of those that ran.",
                Query.of(
                    Q.ratio(
                        "",
                        "vllm:spec_decode_num_accepted_tokens_total",
                        "vllm:spec_decode_num_draft_tokens_total"),
                    "right")));
  }

  private static void cache(Dashboard dashboard) {
    dashboard
        .row("Cache")
        .add(
            Panel.lines(
                "Blocks in use",
                "percentunit",
                "Of the key/value cache, by instance.",
                Query.of(Q.max("instance", "vllm:kv_cache_usage_perc"), "{{instance}}")),
            Panel.lines(
                "Prompts found in the cache",
                "percentunit",
                "Tokens that were found, of those that were looked for.",
                Query.of(
                    Q.ratio("", "vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total"),
                    "found")),
            Panel.lines(
                "Preemptions",
                "none",
                "Requests a second that gave their blocks back, to be computed again.",
                Query.of(Q.rate("instance", "vllm:num_preemptions_total"), "{{instance}}")));
  }

  private static void process(Dashboard dashboard) {
    dashboard
        .row("Process")
        .add(
            Panel.lines(
                "Processor",
                "none",
                "Cores in use.",
                Query.of(PROCESS.rate("instance", "process_cpu_seconds_total"), "{{instance}}")),
            Panel.lines(
                "Memory",
                "bytes",
                "Resident memory, and what of the Java heap is in use.",
                Query.of(
                    PROCESS.sum("instance", "process_resident_memory_bytes"),
                    "{{instance}}, resident"),
                Query.of(
                    PROCESS.sum("instance", "jvm_memory_used_bytes", "area=\"heap\""),
                    "{{instance}}, heap")),
            Panel.lines(
                "Open files",
                "percentunit",
                "Of those that the process may have open.",
                Query.of(
                    PROCESS.sum("instance", "process_open_fds")
                        + " / "
                        + PROCESS.sum("instance", "process_max_fds"),
                    "{{instance}}")));
  }
}
