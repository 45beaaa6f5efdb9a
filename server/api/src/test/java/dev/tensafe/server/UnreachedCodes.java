package dev.tensafe.server;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Documented error codes that {@link OpenApiAnswersTest} does not produce, and why. A code that it
 * does produce must not be here.
 */
final class UnreachedCodes {
  static final Map<String, String> REASONS = reasons();

  private UnreachedCodes() {}

  private static Map<String, String> reasons() {
    Map<String, String> out = new HashMap<>();
    put(out, "the test's model has a chat template, and one that renders all", "no_chat_template");
    put(
        out,
        "the template is the model's; the tests of its interpreter raise each",
        "template.syntax",
        "template.unsupported",
        "template.limit",
        "template.error",
        "template.raised");
    put(out, "the tests of grammars have forms that take too long", "form_too_complex");
    put(out, "the parsers refuse such a token before the engine does", "engine.unknown_token");
    put(out, "the server must fail", "internal_error");
    put(
        out,
        "FramingTest asks for it on a raw socket",
        "invalid_request_target",
        "unsupported_content_encoding",
        "expectation_failed",
        "origin_not_allowed");
    put(out, "the guard refuses whatever the router would", "malformed_request");
    put(
        out,
        "the server's disk, keys or trust store must be broken",
        "adapter_storage",
        "adapter_io",
        "adapter_versions_unusable",
        "adapter_malformed",
        "adapter_unknown_key",
        "adapter_not_revoked",
        "adapter_exists",
        "adapter_passphrase_wrong",
        "adapter_passphrase_needed");
    put(
        out,
        "a request must take ten minutes; the engine's tests inject a clock",
        "request_timeout");
    put(out, "the disk must be full; UploadOnFullDiskTest fills one", "storage_full");
    put(out, "the queue must be held full; BadInputTest holds it", "queue_full");
    put(out, "many requests must wait; BoundedWorkTest has them", "tenant_queue_full");
    put(out, "whom it is for is gone", "client_gone");
    put(out, "whose upload broke off is gone, too", "upload_incomplete");
    put(out, "an adapter must be unusable; AdapterLifeTest makes it so", "adapter_unavailable");
    put(
        out,
        "the server must be started without adapters; BadInputTest does",
        "adapters_not_accepted");
    put(
        out,
        "a package must be wrong in one more way; the tests of tssp and AdapterUploadTest make each",
        "adapter_layout",
        "adapter_signatures_malformed",
        "adapter_manifest_invalid",
        "adapter_not_yet_valid",
        "adapter_expired",
        "adapter_base_model_mismatch",
        "adapter_policy_unknown",
        "adapter_part_missing",
        "adapter_not_a_recipient",
        "adapter_decryption_failed",
        "adapter_content_invalid",
        "adapter_mode_unsupported",
        "adapter_too_large",
        "adapter_issuer_not_allowed",
        "adapter_issuer_revoked",
        "adapter_issuer_mismatch",
        "adapter_name_not_allowed",
        "adapter_package_revoked",
        "adapter_review_missing",
        "adapter_signature_invalid");
    put(
        out,
        "reading or rewriting a package by hand says it, an upload does neither",
        "adapter_part_unknown",
        "adapter_invalid_request");
    return Map.copyOf(out);
  }

  private static void put(Map<String, String> out, String reason, String... codes) {
    List.of(codes).forEach(code -> out.put(code, reason));
  }
}
