package dev.tensafe.tssp.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.formats.peft.PeftConfig;
import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.Fields;
import dev.tensafe.tssp.crypto.DataKey;
import dev.tensafe.tssp.crypto.SegmentCipher;
import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.KeyId;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The manifest as canonical JSON, in both directions; the schema is in docs/TSSP.md. */
public final class ManifestJson {
  static final String FORMAT = "tssp/v2";

  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA256_OR_ANY = Pattern.compile("[0-9a-f]{64}|any");

  /** Decimal without exponent, without needless zeros. */
  private static final Pattern DECIMAL =
      Pattern.compile("-?(0|[1-9][0-9]{0,12})(\\.[0-9]{0,15}[1-9])?");

  private static final Pattern DTYPE = Pattern.compile("F32|F16|BF16");
  private static final int MAX_MODULES = 10_000;
  private static final int MAX_TEXT = 4096;

  private ManifestJson() {}

  /** Canonical bytes. */
  public static byte[] write(Manifest manifest) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", FORMAT).put("package_id", manifest.packageId());
    node.put("name", manifest.name()).put("version", manifest.version());
    node.put("issuer", manifest.issuer().hex());
    node.put("created", Fields.format(manifest.created()));
    manifest.expires().ifPresent(t -> node.put("expires", Fields.format(t)));
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
    return node;
  }

  private static String decimal(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }

  /** Whether a number can stand in a manifest as a decimal string. */
  public static boolean isDecimal(BigDecimal value) {
    return DECIMAL.matcher(decimal(value)).matches();
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /**
   * Reads a manifest whose signature has been verified.
   *
   * @throws TsspException {@code tssp.manifest_invalid}; {@code tssp.policy_unknown} for a policy
   *     field that is not known here
   */
  public static Manifest read(byte[] bytes) {
    JsonNode node = CanonicalJson.parse(bytes, "the manifest", Reason.MANIFEST_INVALID);
    Fields fields = new Fields(node, "manifest", Reason.MANIFEST_INVALID);
    if (!fields.text("format", 64).equals(FORMAT)) {
      throw fields.bad("is not of the format '" + FORMAT + "'");
    }
    fields.requireKeys(
        List.of(
            "format",
            "package_id",
            "name",
            "version",
            "issuer",
            "created",
            "base_model",
            "adapter",
            "mode",
            "parts",
            "policy",
            "annotations"),
        List.of("expires", "probes", "license"));
    Mode mode = mode(fields);
    if (fields.has("probes") != (mode == Mode.HE)) {
      throw fields.bad("has 'probes' exactly in mode he");
    }
    return new Manifest(
        fields.text("package_id", Names.PACKAGE_ID),
        fields.text("name", Names.ADAPTER),
        fields.integer("version", 0, CanonicalJson.MAX_INTEGER),
        new KeyId(fields.text("issuer", KeyId.PATTERN)),
        fields.time("created"),
        fields.has("expires") ? Optional.of(fields.time("expires")) : Optional.<Instant>empty(),
        baseModel(fields.object("base_model")),
        adapter(fields.object("adapter")),
        mode,
        parts(fields, mode),
        policy(fields.object("policy")),
        mode == Mode.HE
            ? OptionalInt.of((int) fields.integer("probes", 1, ProbeVectors.MAX_COUNT))
            : OptionalInt.empty(),
        fields.has("license")
            ? Optional.of(fields.text("license", MAX_TEXT))
            : Optional.<String>empty(),
        annotations(fields));
  }

  private static Mode mode(Fields fields) {
    String label = fields.text("mode", 16);
    return Arrays.stream(Mode.values())
        .filter(m -> m.label().equals(label))
        .findFirst()
        .orElseThrow(() -> fields.bad("needs 'plain' or 'he' in 'mode'"));
  }

  private static BaseModelBinding baseModel(Fields fields) {
    fields.requireKeys(List.of("id", "config_sha256", "weights_sha256"), List.of());
    return new BaseModelBinding(
        fields.text("id", 256),
        Optional.of(fields.text("config_sha256", SHA256_OR_ANY)).filter(SHA256.asMatchPredicate()),
        Optional.of(fields.text("weights_sha256", SHA256_OR_ANY))
            .filter(SHA256.asMatchPredicate()));
  }

  private static AdapterDescription adapter(Fields fields) {
    fields.requireKeys(
        List.of("rank", "alpha", "rslora", "dtype", "parameters", "modules"), List.of());
    Set<String> seen = new HashSet<>();
    List<AdapterModule> modules =
        fields.objects(
            "modules",
            MAX_MODULES,
            (module, index) -> {
              module.requireKeys(List.of("name", "rank", "alpha"), List.of());
              String name = module.text("name", 128);
              if (LoraTarget.parse(name) == null || !seen.add(name)) {
                throw module.bad("needs the name of a projection, once, in 'name'");
              }
              return new AdapterModule(name, rank(module), alpha(module));
            });
    if (modules.isEmpty()) {
      throw fields.bad("has no modules");
    }
    return new AdapterDescription(
        rank(fields),
        alpha(fields),
        fields.flag("rslora"),
        fields.text("dtype", DTYPE),
        fields.integer("parameters", 1, CanonicalJson.MAX_INTEGER),
        modules);
  }

  private static int rank(Fields fields) {
    return (int) fields.integer("rank", 1, PeftConfig.MAX_RANK);
  }

  private static BigDecimal alpha(Fields fields) {
    return new BigDecimal(fields.text("alpha", DECIMAL));
  }

  private static List<Part> parts(Fields fields, Mode mode) {
    List<Part> parts =
        fields.objects("parts", mode.parts().size(), (part, i) -> part(part, mode.parts().get(i)));
    if (parts.size() != mode.parts().size()) {
      throw fields.bad("does not have the parts of mode " + mode.label());
    }
    return parts;
  }

  private static Part part(Fields fields, PartKind kind) {
    fields.requireKeys(
        List.of("name", "media_type", "plaintext", "ciphertext", "recipients"), List.of());
    if (!fields.text("name", 64).equals(kind.label())
        || !fields.text("media_type", 128).equals(kind.mediaType())) {
      throw fields.bad("is not the part '" + kind.label() + "' as " + kind.mediaType());
    }
    Extent plaintext = extent(fields.object("plaintext"));
    Extent ciphertext = extent(fields.object("ciphertext"));
    if (plaintext.length() > SegmentCipher.MAX_PLAINTEXT
        || ciphertext.length() != SegmentCipher.streamLength(plaintext.length())) {
      throw fields.bad("has a ciphertext length that its plaintext length does not give");
    }
    Set<KeyId> seen = new HashSet<>();
    List<Recipient> recipients =
        fields.objects(
            "recipients",
            Part.MAX_RECIPIENTS,
            (recipient, index) -> {
              recipient.requireKeys(List.of("key_id", "encapsulation", "wrapped_key"), List.of());
              KeyId key = new KeyId(recipient.text("key_id", KeyId.PATTERN));
              if (!seen.add(key)) {
                throw recipient.bad("is a recipient twice");
              }
              return new Recipient(
                  key,
                  recipient.base64("encapsulation", Encapsulation.CIPHERTEXT_BYTES),
                  recipient.base64("wrapped_key", DataKey.WRAPPED_BYTES));
            });
    if (recipients.isEmpty()) {
      throw fields.bad("has no recipients");
    }
    return new Part(kind, plaintext, ciphertext, recipients);
  }

  private static Extent extent(Fields fields) {
    fields.requireKeys(List.of("length", "sha256"), List.of());
    return new Extent(
        fields.integer("length", 0, CanonicalJson.MAX_INTEGER), fields.hex("sha256", 32));
  }

  private static Policy policy(Fields fields) {
    Set<String> known =
        Arrays.stream(PolicyField.values()).map(PolicyField::label).collect(Collectors.toSet());
    fields
        .keys()
        .forEach(
            key -> {
              if (!known.contains(key)) {
                throw new TsspException(
                    Reason.POLICY_UNKNOWN,
                    "the policy holds a condition that is not known here; known are "
                        + String.join(", ", new TreeSet<>(known)));
              }
            });
    String tenants = PolicyField.ALLOWED_TENANTS.label();
    List<String> allowed =
        fields.has(tenants) ? fields.texts(tenants, 1000, Names.LABEL) : List.of();
    if (fields.has(tenants) && allowed.isEmpty()) {
      throw fields.bad("allows no tenant");
    }
    return new Policy(
        allowed,
        limit(fields, PolicyField.MAX_TOKENS_PER_TENANT_PER_DAY),
        limit(fields, PolicyField.MAX_TOKENS_TOTAL),
        flag(fields, PolicyField.REQUIRES_ATTESTATION),
        flag(fields, PolicyField.REQUIRES_SEPARATE_ADAPTER_HOST));
  }

  private static OptionalLong limit(Fields fields, PolicyField field) {
    return fields.has(field.label())
        ? OptionalLong.of(fields.integer(field.label(), 1, CanonicalJson.MAX_INTEGER))
        : OptionalLong.empty();
  }

  private static boolean flag(Fields fields, PolicyField field) {
    return fields.has(field.label()) && fields.flag(field.label());
  }

  private static Map<String, String> annotations(Fields fields) {
    Fields annotations = fields.object("annotations");
    Map<String, String> texts = new TreeMap<>();
    for (String key : annotations.keys()) {
      if (!Names.LABEL.matcher(key).matches() || texts.size() == 100) {
        throw annotations.bad("needs at most 100 keys like " + Names.LABEL.pattern());
      }
      texts.put(key, annotations.text(key, MAX_TEXT));
    }
    return texts;
  }
}
