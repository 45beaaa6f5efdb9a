package dev.tensafe.tssp.manifest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.StrictFields;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.HexFormat;

/** Writes manifests as canonical JSON; the schema is in docs/TSSP.md. */
public final class ManifestWriter {
  static final String FORMAT = "tssp/v2";

  private ManifestWriter() {}

  /** Canonical bytes. */
  public static byte[] write(Manifest manifest) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", FORMAT).put("package_id", manifest.packageId());
    node.put("name", manifest.name()).put("version", manifest.version());
    node.put("issuer", manifest.issuer().hex());
    node.put("created", StrictFields.format(manifest.created()));
    manifest.expires().ifPresent(t -> node.put("expires", StrictFields.format(t)));
    node.putObject("base_model")
        .put("id", manifest.baseModel().id())
        .put("config_sha256", manifest.baseModel().configSha256().orElse(BaseModelBinding.ANY))
        .put("weights_sha256", manifest.baseModel().weightsSha256().orElse(BaseModelBinding.ANY));
    node.set("adapter", adapter(manifest.adapter()));
    node.put("mode", manifest.mode().label());
    ArrayNode parts = node.putArray("parts");
    manifest.parts().forEach(part -> parts.add(part(part)));
    node.set("policy", policy(manifest.policy()));
    manifest.probes().ifPresent(count -> node.put("probes", count));
    manifest.license().ifPresent(text -> node.put("license", text));
    ObjectNode annotations = node.putObject("annotations");
    manifest.annotations().forEach(annotations::put);
    return CanonicalJson.write(node);
  }

  private static ObjectNode adapter(AdapterDescription adapter) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("rank", adapter.rank()).put("alpha", decimal(adapter.alpha()));
    node.put("rslora", adapter.rslora()).put("dtype", adapter.dtype());
    node.put("parameters", adapter.parameters());
    ArrayNode modules = node.putArray("modules");
    for (AdapterModule module : adapter.modules()) {
      modules
          .addObject()
          .put("name", module.name())
          .put("rank", module.rank())
          .put("alpha", decimal(module.alpha()));
    }
    return node;
  }

  private static ObjectNode part(Part part) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("name", part.name()).put("media_type", part.kind().mediaType());
    extent(node.putObject("plaintext"), part.plaintext());
    extent(node.putObject("ciphertext"), part.ciphertext());
    ArrayNode recipients = node.putArray("recipients");
    for (Recipient recipient : part.recipients()) {
      recipients
          .addObject()
          .put("key_id", recipient.key().hex())
          .put("encapsulation", base64(recipient.encapsulation()))
          .put("wrapped_key", base64(recipient.wrappedKey()));
    }
    return node;
  }

  private static void extent(ObjectNode node, Extent extent) {
    node.put("length", extent.length()).put("sha256", HexFormat.of().formatHex(extent.sha256()));
  }

  private static ObjectNode policy(Policy policy) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    if (!policy.allowedTenants().isEmpty()) {
      policy.allowedTenants().forEach(node.putArray(PolicyField.ALLOWED_TENANTS.label())::add);
    }
    policy
        .maxTokensPerTenantPerDay()
        .ifPresent(n -> node.put(PolicyField.MAX_TOKENS_PER_TENANT_PER_DAY.label(), n));
    policy.maxTokensTotal().ifPresent(n -> node.put(PolicyField.MAX_TOKENS_TOTAL.label(), n));
    if (policy.requiresAttestation()) {
      node.put(PolicyField.REQUIRES_ATTESTATION.label(), true);
    }
    if (policy.requiresSeparateAdapterHost()) {
      node.put(PolicyField.REQUIRES_SEPARATE_ADAPTER_HOST.label(), true);
    }
    policy.speculation().ifPresent(g -> node.put(PolicyField.SPECULATION.label(), g.label()));
    return node;
  }

  private static String decimal(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }

  /** Whether a number can stand in a manifest as a decimal string. */
  public static boolean isDecimal(BigDecimal value) {
    return ManifestReader.DECIMAL.matcher(decimal(value)).matches();
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
