package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterState;
import dev.tensafe.lora.registry.AdapterStatus;
import dev.tensafe.lora.registry.EncryptedMode;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.tssp.manifest.Mode;
import java.time.Instant;
import java.util.Optional;

/** Adapters as the API shows them. */
final class AdapterJson {
  private final String base;
  private final Optional<EncryptedMode> encrypted;

  /**
   * @param base the base model's name
   * @param encrypted what serves mode he
   */
  AdapterJson(String base, Optional<EncryptedMode> encrypted) {
    this.base = base;
    this.encrypted = encrypted;
  }

  /** An entry of {@code /v1/adapters}. */
  ObjectNode adapter(AdapterStatus status) {
    AdapterInfo info = status.info();
    ObjectNode out =
        JsonBody.object()
            .put("id", info.name())
            .put("object", "adapter")
            .put("created", info.accepted().getEpochSecond())
            .put("owned_by", info.issuer().hex())
            .put("parent", base)
            .put("version", info.version())
            .put("adapter_digest", info.digest())
            .put("package_id", info.manifest().packageId())
            .put("mode", info.manifest().mode().label())
            .put("state", status.state().label())
            .put("reason", status.reason().orElse(null))
            .put("pinned", status.pinned())
            .put("active_requests", status.users())
            .put("memory_bytes", info.bytes())
            .put("expires", info.expires().map(Instant::toString).orElse(null))
            .put("license", info.manifest().license().orElse(null));
    if (info.manifest().mode() == Mode.HE) {
      encrypted.ifPresent(
          mode ->
              out.put("embedded", mode.embedded())
                  .put("verified", mode.verified(info.digest()))
                  .put("profile", mode.profile()));
    }
    out.put("rank", info.manifest().adapter().rank())
        .put("modules", info.manifest().adapter().modules().size())
        .put("parameters", info.manifest().adapter().parameters());
    return out;
  }

  /** An entry of {@code /v1/models}. */
  ObjectNode model(AdapterStatus status, int maxModelLength) {
    AdapterInfo info = status.info();
    return JsonBody.object()
        .put("id", info.name())
        .put("object", "model")
        .put("created", info.accepted().getEpochSecond())
        .put("owned_by", info.issuer().hex())
        .put("max_model_len", maxModelLength)
        .put("parent", base)
        .put("root", base + ":" + info.name())
        .put("adapter_digest", info.digest())
        .put("version", info.version())
        .put("mode", info.manifest().mode().label());
  }

  /** Whether requests may name it. */
  static boolean isServed(AdapterStatus status) {
    return status.state() != AdapterState.DRAINING && status.state() != AdapterState.UNAVAILABLE;
  }
}
