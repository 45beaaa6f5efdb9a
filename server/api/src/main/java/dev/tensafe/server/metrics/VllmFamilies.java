package dev.tensafe.server.metrics;

import static dev.tensafe.runtime.metrics.Family.counter;
import static dev.tensafe.runtime.metrics.Family.gauge;
import static dev.tensafe.runtime.metrics.Family.histogram;

import dev.tensafe.runtime.metrics.Family;
import java.util.List;

/**
 * The families that dashboards, autoscalers and gateways made for vLLM query: its names, labels and
 * texts ({@code vllm/v1/metrics/loggers.py} of its main branch).
 */
final class VllmFamilies {
  private static final String MODEL = "model_name";
  private static final String ENGINE = "engine";

  static final Family RUNNING =
      gauge(
          "vllm:num_requests_running",
          "Number of requests in model execution batches.",
          MODEL,
          ENGINE);
  static final Family WAITING =
      gauge(
          "vllm:num_requests_waiting",
          "Number of requests waiting to be processed.",
          MODEL,
          ENGINE);
  static final Family WAITING_BY_REASON =
      gauge(
          "vllm:num_requests_waiting_by_reason",
          "Number of waiting requests by reason.",
          MODEL,
          ENGINE,
          "reason");
  static final Family SLEEP_STATE =
      gauge(
          "vllm:engine_sleep_state",
          "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake;"
              + " weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.",
          MODEL,
          ENGINE,
          "sleep_state");
  static final Family CACHE_USAGE =
      gauge(
          "vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", MODEL, ENGINE);
  static final Family OLD_CACHE_USAGE =
      gauge(
          "vllm:gpu_cache_usage_perc",
          "GPU KV-cache usage. 1 means 100 percent usage. DEPRECATED: Use"
              + " vllm:kv_cache_usage_perc instead.",
          MODEL,
          ENGINE);
  static final Family CACHE_QUERIES =
      counter(
          "vllm:prefix_cache_queries_total",
          "Prefix cache queries, in terms of number of queried tokens.",
          MODEL,
          ENGINE);
  static final Family CACHE_HITS =
      counter(
          "vllm:prefix_cache_hits_total",
          "Prefix cache hits, in terms of number of cached tokens.",
          MODEL,
          ENGINE);
  static final Family PREEMPTIONS =
      counter(
          "vllm:num_preemptions_total",
          "Cumulative number of preemption from the engine.",
          MODEL,
          ENGINE);
  static final Family PROMPT_TOKENS =
      counter("vllm:prompt_tokens_total", "Number of prefill tokens processed.", MODEL, ENGINE);
  static final Family PROMPT_TOKENS_BY_SOURCE =
      counter(
          "vllm:prompt_tokens_by_source_total",
          "Number of prompt tokens by source.",
          MODEL,
          ENGINE,
          "source");
  static final Family PROMPT_TOKENS_CACHED =
      counter(
          "vllm:prompt_tokens_cached_total",
          "Number of cached prompt tokens (local + external).",
          MODEL,
          ENGINE);
  static final Family PROMPT_TOKENS_CACHED_BY_SOURCE =
      counter(
          "vllm:prompt_tokens_cached_by_source_total",
          "Number of cached prompt tokens by the tier that held them.",
          MODEL,
          ENGINE,
          "source");
  static final Family GENERATION_TOKENS =
      counter(
          "vllm:generation_tokens_total", "Number of generation tokens processed.", MODEL, ENGINE);
  static final Family SUCCESS =
      counter(
          "vllm:request_success_total",
          "Count of successfully processed requests.",
          MODEL,
          ENGINE,
          "finished_reason");
  static final Family REQUEST_PROMPT_TOKENS =
      histogram("vllm:request_prompt_tokens", "Number of prefill tokens processed.", MODEL, ENGINE);
  static final Family REQUEST_GENERATION_TOKENS =
      histogram(
          "vllm:request_generation_tokens",
          "Number of generation tokens processed.",
          MODEL,
          ENGINE);
  static final Family REQUEST_COMPUTED_TOKENS =
      histogram(
          "vllm:request_prefill_kv_computed_tokens",
          "Histogram of new KV tokens computed during prefill (excluding cached tokens).",
          MODEL,
          ENGINE);
  static final Family ITERATION_TOKENS =
      histogram(
          "vllm:iteration_tokens_total",
          "Histogram of number of tokens per engine_step.",
          MODEL,
          ENGINE);
  static final Family MAX_GENERATION_TOKENS =
      histogram(
          "vllm:request_max_num_generation_tokens",
          "Histogram of maximum number of requested generation tokens.",
          MODEL,
          ENGINE);
  static final Family PARAM_N =
      histogram("vllm:request_params_n", "Histogram of the n request parameter.", MODEL, ENGINE);
  static final Family PARAM_MAX_TOKENS =
      histogram(
          "vllm:request_params_max_tokens",
          "Histogram of the max_tokens request parameter.",
          MODEL,
          ENGINE);
  static final Family FIRST_TOKEN =
      histogram(
          "vllm:time_to_first_token_seconds",
          "Histogram of time to first token in seconds.",
          MODEL,
          ENGINE);
  static final Family INTER_TOKEN =
      histogram(
          "vllm:inter_token_latency_seconds",
          "Histogram of inter-token latency in seconds.",
          MODEL,
          ENGINE);
  static final Family OLD_INTER_TOKEN =
      histogram(
          "vllm:time_per_output_token_seconds",
          "Histogram of time per output token in seconds. DEPRECATED: Use"
              + " vllm:inter_token_latency_seconds instead.",
          MODEL,
          ENGINE);
  static final Family PER_OUTPUT_TOKEN =
      histogram(
          "vllm:request_time_per_output_token_seconds",
          "Histogram of time_per_output_token_seconds per request.",
          MODEL,
          ENGINE);
  static final Family END_TO_END =
      histogram(
          "vllm:e2e_request_latency_seconds",
          "Histogram of e2e request latency in seconds.",
          MODEL,
          ENGINE);
  static final Family QUEUE =
      histogram(
          "vllm:request_queue_time_seconds",
          "Histogram of time spent in WAITING phase for request.",
          MODEL,
          ENGINE);
  static final Family INFERENCE =
      histogram(
          "vllm:request_inference_time_seconds",
          "Histogram of time spent in RUNNING phase for request.",
          MODEL,
          ENGINE);
  static final Family PREFILL =
      histogram(
          "vllm:request_prefill_time_seconds",
          "Histogram of time spent in PREFILL phase for request.",
          MODEL,
          ENGINE);
  static final Family DECODE =
      histogram(
          "vllm:request_decode_time_seconds",
          "Histogram of time spent in DECODE phase for request.",
          MODEL,
          ENGINE);
  static final Family DRAFTS =
      counter(
          "vllm:spec_decode_num_drafts_total", "Number of spec decoding drafts.", MODEL, ENGINE);
  static final Family DRAFT_TOKENS =
      counter("vllm:spec_decode_num_draft_tokens_total", "Number of draft tokens.", MODEL, ENGINE);
  static final Family ACCEPTED_TOKENS =
      counter(
          "vllm:spec_decode_num_accepted_tokens_total",
          "Number of accepted tokens.",
          MODEL,
          ENGINE);
  static final Family ACCEPTED_PER_POSITION =
      counter(
          "vllm:spec_decode_num_accepted_tokens_per_pos_total",
          "Accepted tokens per draft position.",
          MODEL,
          ENGINE,
          "position");
  static final Family CACHE_CONFIG =
      gauge(
          "vllm:cache_config_info",
          "Information of the LLMEngine CacheConfig",
          "block_size",
          "cache_dtype",
          "enable_prefix_caching",
          "engine",
          "num_gpu_blocks");
  static final Family LORA =
      gauge(
          "vllm:lora_requests_info",
          "Running stats on lora requests.",
          "max_lora",
          "waiting_lora_adapters",
          "running_lora_adapters");
  static final Family HTTP_REQUESTS =
      counter(
          "http_requests_total",
          "Requests by method, class of status and route; health, metrics and version are left"
              + " out.",
          "method",
          "status",
          "handler");
  static final Family HTTP_DURATION =
      histogram(
          "http_request_duration_seconds",
          "Time from a request's head to the end of its answer, streams included.",
          "method",
          "handler");

  static final List<Family> ALL =
      List.of(
          RUNNING,
          WAITING,
          WAITING_BY_REASON,
          SLEEP_STATE,
          CACHE_USAGE,
          OLD_CACHE_USAGE,
          CACHE_QUERIES,
          CACHE_HITS,
          PREEMPTIONS,
          PROMPT_TOKENS,
          PROMPT_TOKENS_BY_SOURCE,
          PROMPT_TOKENS_CACHED,
          PROMPT_TOKENS_CACHED_BY_SOURCE,
          GENERATION_TOKENS,
          SUCCESS,
          REQUEST_PROMPT_TOKENS,
          REQUEST_GENERATION_TOKENS,
          REQUEST_COMPUTED_TOKENS,
          ITERATION_TOKENS,
          MAX_GENERATION_TOKENS,
          PARAM_N,
          PARAM_MAX_TOKENS,
          FIRST_TOKEN,
          INTER_TOKEN,
          OLD_INTER_TOKEN,
          PER_OUTPUT_TOKEN,
          END_TO_END,
          QUEUE,
          INFERENCE,
          PREFILL,
          DECODE,
          DRAFTS,
          DRAFT_TOKENS,
          ACCEPTED_TOKENS,
          ACCEPTED_PER_POSITION,
          CACHE_CONFIG,
          LORA,
          HTTP_REQUESTS,
          HTTP_DURATION);

  private VllmFamilies() {}
}
