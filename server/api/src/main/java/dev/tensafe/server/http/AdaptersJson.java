package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.he.client.BarredPair;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.HostStatus;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.AdapterStatus;
import dev.tensafe.lora.registry.EncryptedMode;
import dev.tensafe.lora.registry.RegistryStats;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Adapters and adapter hosts of {@code /v1/status}, {@value #MOST} of each kind at most. */
final class AdaptersJson {
  static final int MOST = 200;

  private final Optional<AdapterRegistry> registry;
  private final Optional<EncryptedMode> encrypted;
  private final AdapterJson json;

  AdaptersJson(ServedModel model) {
    this.registry = model.adapters();
    this.encrypted = model.adapters().flatMap(AdapterRegistry::encrypted);
    this.json = new AdapterJson(model.name(), encrypted);
  }

  ObjectNode adapters() {
    ObjectNode out = JsonBody.object().put("accepted", registry.isPresent());
    List<AdapterStatus> all = registry.map(AdapterRegistry::list).orElse(List.of());
    RegistryStats stats =
        registry.map(AdapterRegistry::stats).orElse(new RegistryStats(0, 0, 0, 0, 0, 0, 0));
    out.put("memory_bytes", stats.residentBytes())
        .put("memory_limit_bytes", stats.capacityBytes())
        .put("loads", stats.loads())
        .put("evictions", stats.evictions())
        .put("failed_loads", stats.failedLoads())
        .put("omitted", Math.max(0, all.size() - MOST));
    ArrayNode data = out.putArray("data");
    Map<String, Long> used = registry.map(AdapterRegistry::tokensUsed).orElse(Map.of());
    all.stream().limit(MOST).forEach(status -> data.add(adapter(status, used)));
    return out;
  }

  private ObjectNode adapter(AdapterStatus status, Map<String, Long> used) {
    AdapterInfo info = status.info();
    ObjectNode out = JsonBody.object();
    out.set("adapter", json.adapter(status));
    out.put("issuer", registry.flatMap(r -> r.issuerName(info.issuer())).orElse(null));
    out.put("problem", problem(info));
    Policy policy = info.manifest().policy();
    ObjectNode budget = out.putObject("budget");
    put(budget, "max_tokens_total", policy.maxTokensTotal());
    put(budget, "max_tokens_per_tenant_per_day", policy.maxTokensPerTenantPerDay());
    budget.put(
        "used_tokens",
        policy.maxTokensTotal().isPresent() ? used.getOrDefault(info.digest(), 0L) : null);
    ArrayNode tenants = out.putArray("allowed_tenants");
    info.allowedTenants().stream().limit(MOST).forEach(tenants::add);
    return out;
  }

  private static void put(ObjectNode node, String name, OptionalLong value) {
    node.put(name, value.isPresent() ? (Long) value.getAsLong() : null);
  }

  /** Why an adapter that stays with its owner cannot be computed now. */
  private @Nullable String problem(AdapterInfo info) {
    if (info.manifest().mode() == Mode.HE && encrypted.isPresent()) {
      try {
        encrypted.get().requireReady(info);
      } catch (AdapterException e) {
        return e.description();
      }
    }
    return null;
  }

  ObjectNode hosts() {
    ObjectNode out = JsonBody.object();
    out.put("embedded", encrypted.map(EncryptedMode::embedded).orElse(null));
    out.put("profile", encrypted.map(EncryptedMode::profile).orElse(null));
    ArrayNode data = out.putArray("data");
    ArrayNode barred = out.putArray("barred");
    if (encrypted.orElse(null) instanceof EncryptedAdapters mode) {
      mode.hosts().stream().limit(MOST).forEach(host -> data.add(host(host)));
      mode.barred().list().stream().limit(MOST).forEach(pair -> barred.add(barred(pair)));
    }
    return out;
  }

  private static ObjectNode host(HostStatus host) {
    return JsonBody.object()
        .put("address", host.address())
        .put("key", host.key().map(KeyId::hex).orElse(null))
        .put("state", host.state().label())
        .put("problem", host.problem().orElse(null))
        .put("session_seconds", seconds(host.sessionMillis()))
        .put("sessions", host.sessions())
        .put("adapters", host.adapters())
        .put("pads_ready", host.padsReady())
        .put("keys_spare", host.keysSpare())
        .put("oldest_key_seconds", seconds(host.oldestKeyMillis()))
        .put("answers_checked", host.answersChecked());
  }

  private static @Nullable Double seconds(OptionalLong millis) {
    return millis.isPresent() ? millis.getAsLong() / 1e3 : null;
  }

  private static ObjectNode barred(BarredPair pair) {
    return JsonBody.object()
        .put("adapter", pair.adapter())
        .put("adapter_digest", pair.digest())
        .put("key", pair.host().hex())
        .put("address", pair.address())
        .put("time", pair.time().toString())
        .put("reason", pair.reason().code());
  }
}
