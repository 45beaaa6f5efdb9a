package dev.tensafe.server.metrics;

import static dev.tensafe.runtime.metrics.Family.counter;
import static dev.tensafe.runtime.metrics.Family.gauge;
import static dev.tensafe.runtime.metrics.Family.histogram;

import dev.tensafe.runtime.metrics.Family;
import java.util.List;

/** The server's own families: its engine, its adapters and its tenants. */
final class ServerFamilies {
  private static final String MODEL = "model_name";
  private static final String ADAPTER = "adapter";
  private static final String TENANT = "tenant";

  static final Family LATENCY =
      histogram("tensafe_inference_latency_seconds", "Time of a request to its last token.", MODEL);
  static final Family TOKENS =
      counter(
          "tensafe_inference_tokens_total",
          "Tokens of prompts, and generated ones.",
          MODEL,
          "type");
  static final Family QUEUE_DEPTH =
      gauge("tensafe_request_queue_depth", "Requests that wait for the engine.", MODEL);
  static final Family INTERNAL_ERRORS =
      counter(
          "tensafe_engine_internal_errors_total",
          "Errors nobody expected; each is in the log. It stays 0.",
          MODEL);
  static final Family CACHED_BLOCKS =
      gauge(
          "tensafe_prefix_cache_blocks",
          "Cache blocks whose content can be found, held or not.",
          MODEL);
  static final Family STEP =
      histogram("tensafe_engine_step_seconds", "Time of the engine's steps.", MODEL);
  static final Family PHASE =
      counter(
          "tensafe_engine_phase_seconds_total", "What steps spend their time on.", MODEL, "phase");
  static final Family STEP_SEQUENCES =
      histogram("tensafe_engine_step_sequences", "Sequences that run in a step.", MODEL);
  static final Family STEP_TOKENS =
      histogram("tensafe_engine_step_tokens", "Tokens that run in a step.", MODEL);
  static final Family TENANT_SECONDS =
      counter("tensafe_tenant_seconds_total", "The engine's time by tenant.", TENANT);
  static final Family TENANT_PROMPT_TOKENS =
      counter(
          "tensafe_tenant_prompt_tokens_total",
          "Tokens of tenants' prompts, computed and from the cache.",
          TENANT,
          "source");
  static final Family TENANT_TOKENS =
      counter("tensafe_tenant_generation_tokens_total", "Tokens generated for tenants.", TENANT);
  static final Family TENANT_REQUESTS =
      counter(
          "tensafe_tenant_requests_total",
          "Outputs for tenants, by what became of them.",
          TENANT,
          "outcome");
  static final Family REGISTERED =
      gauge("tensafe_adapters_registered", "Adapters that requests may name.");
  static final Family RESIDENT = gauge("tensafe_adapters_resident", "Adapters in memory.");
  static final Family ADAPTER_MEMORY =
      gauge("tensafe_adapter_memory_bytes", "What the adapters in memory take.");
  static final Family ADAPTER_MEMORY_LIMIT =
      gauge("tensafe_adapter_memory_limit_bytes", "What adapters may take of memory.");
  static final Family LOADS = counter("tensafe_adapter_loads_total", "Adapters put into memory.");
  static final Family EVICTIONS =
      counter("tensafe_adapter_evictions_total", "Adapters taken out of memory to make room.");
  static final Family FAILED_LOADS =
      counter("tensafe_adapter_failed_loads_total", "Adapters that could not be loaded.");
  static final Family REFUSED_PACKAGES =
      counter(
          "tensafe_adapter_refused_packages_total",
          "Uploaded packages that were refused, by the error's code.",
          "reason");
  static final Family ADAPTER_TOKENS =
      counter(
          "tensafe_adapter_tokens_total",
          "Tokens of adapters' requests: of prompts, and generated ones.",
          ADAPTER,
          "type");
  static final Family ADAPTER_REQUESTS =
      counter(
          "tensafe_adapter_requests_total",
          "Outputs with adapters, by what became of them.",
          ADAPTER,
          "outcome");

  static final Family BUDGET =
      gauge(
          "tensafe_adapter_budget_tokens",
          "Tokens that an adapter's owner allows in all, where the owner limits them.",
          ADAPTER);
  static final Family BUDGET_USED =
      gauge(
          "tensafe_adapter_budget_used_tokens",
          "How many of them are used, requests under way left out.",
          ADAPTER);

  static final List<Family> ALL =
      List.of(
          LATENCY,
          TOKENS,
          QUEUE_DEPTH,
          INTERNAL_ERRORS,
          CACHED_BLOCKS,
          STEP,
          PHASE,
          STEP_SEQUENCES,
          STEP_TOKENS,
          TENANT_SECONDS,
          TENANT_PROMPT_TOKENS,
          TENANT_TOKENS,
          TENANT_REQUESTS,
          REGISTERED,
          RESIDENT,
          ADAPTER_MEMORY,
          ADAPTER_MEMORY_LIMIT,
          LOADS,
          EVICTIONS,
          FAILED_LOADS,
          REFUSED_PACKAGES,
          ADAPTER_TOKENS,
          ADAPTER_REQUESTS,
          BUDGET,
          BUDGET_USED);

  private ServerFamilies() {}
}
