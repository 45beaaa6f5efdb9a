package dev.tensafe.server.metrics;

import static dev.tensafe.runtime.metrics.Family.counter;
import static dev.tensafe.runtime.metrics.Family.gauge;
import static dev.tensafe.runtime.metrics.Family.histogram;
import static dev.tensafe.runtime.metrics.Family.summary;

import dev.tensafe.runtime.metrics.Family;
import java.util.List;

/** The families of encrypted adapters. */
final class HeFamilies {
  private static final String ADAPTER = "adapter";

  static final Family LATENCY =
      histogram(
          "tensafe_he_lora_latency_seconds",
          "What a message to the adapter host adds to the forward pass.",
          ADAPTER);
  static final Family SECONDS =
      counter(
          "tensafe_he_seconds_total",
          "Time of messages by stage: encrypt, wire, evaluate (as the host says), decrypt.",
          ADAPTER,
          "stage");
  static final Family BYTES =
      counter("tensafe_he_bytes_total", "Bytes to and from adapter hosts.", ADAPTER, "direction");
  static final Family ROWS =
      counter(
          "tensafe_he_token_rows_total", "Rows of tokens in messages, once per group.", ADAPTER);
  static final Family ROTATIONS =
      counter("tensafe_he_rotations_total", "Rotations of ciphertexts. It stays 0.", ADAPTER);
  static final Family FILL =
      summary(
          "tensafe_he_batch_fill", "Share of a packing's places that are used, 0 to 1.", ADAPTER);
  static final Family TAGS_CHECKED =
      counter(
          "tensafe_he_tags_checked_total",
          "Tags of answers that were checked, and passed.",
          ADAPTER);
  static final Family TAG_RESIDUAL =
      histogram(
          "tensafe_he_tag_residual",
          "How far answers are from what their tags say, in honest deviations; beyond 8 a host is"
              + " barred.",
          ADAPTER);
  static final Family LANES =
      counter(
          "tensafe_he_lanes_total",
          "Keys that serve one sequence each: made, used and retired.",
          ADAPTER,
          "event");
  static final Family FAILURES =
      counter(
          "tensafe_he_failures_total",
          "Steps in which an adapter's requests failed, by the error's code.",
          ADAPTER,
          "reason");
  static final Family DISTRUSTED =
      counter(
          "tensafe_he_distrusted_total",
          "Adapter hosts that were barred, by reason.",
          ADAPTER,
          "reason");
  static final Family MESSAGES =
      counter(
          "tensafe_he_messages_total",
          "Messages to adapter hosts, by packing: TxS, or pads.",
          "packing");
  static final Family SESSIONS = gauge("tensafe_he_sessions", "Adapter hosts that are connected.");
  static final Family PADS =
      gauge("tensafe_he_pads_ready", "Positions of pads that are ready, over all groups.");
  static final Family BARRED =
      gauge("tensafe_he_barred_pairs", "Pairs of host and adapter that are barred now.");
  static final Family POOL =
      gauge("tensafe_he_pool_level", "Noise ready in the embedded host's pool.");
  static final Family POOL_CAPACITY =
      gauge("tensafe_he_pool_capacity", "What the embedded host's pool can hold.");

  static final List<Family> ALL =
      List.of(
          LATENCY,
          SECONDS,
          BYTES,
          ROWS,
          ROTATIONS,
          FILL,
          TAGS_CHECKED,
          TAG_RESIDUAL,
          LANES,
          FAILURES,
          DISTRUSTED,
          MESSAGES,
          SESSIONS,
          PADS,
          BARRED,
          POOL,
          POOL_CAPACITY);

  private HeFamilies() {}
}
