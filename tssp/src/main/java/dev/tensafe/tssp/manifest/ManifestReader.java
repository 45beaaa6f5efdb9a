package dev.tensafe.tssp.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.formats.peft.PeftConfig;
import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.StrictFields;
import dev.tensafe.tssp.crypto.DataKey;
import dev.tensafe.tssp.crypto.SegmentCipher;
import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.KeyId;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
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

/** Reads manifests, which must be canonical JSON of the schema in docs/TSSP.md and nothing else. */
public final class ManifestReader {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA256_OR_ANY = Pattern.compile("[0-9a-f]{64}|any");

  /** Decimal without exponent, without needless zeros. */
  static final Pattern DECIMAL = Pattern.compile("-?(0|[1-9][0-9]{0,12})(\\.[0-9]{0,15}[1-9])?");

  private static final Pattern DTYPE = Pattern.compile("F32|F16|BF16");
  private static final int MAX_MODULES = 10_000;
  private static final int MAX_TEXT = 4096;

  private ManifestReader() {}

  /**
   * Reads a manifest whose signature has been verified.
   *
   * @throws TsspException {@code tssp.manifest_invalid}; {@code tssp.policy_unknown} for a policy
   *     field that is not known here
   */
  public static Manifest read(byte[] bytes) {
    JsonNode node = CanonicalJson.parse(bytes, "the manifest", Reason.MANIFEST_INVALID);
    StrictFields fields = new StrictFields(node, "manifest", Reason.MANIFEST_INVALID);
    if (!fields.text("format", 64).equals(ManifestWriter.FORMAT)) {
      throw fields.bad("is not of the format '" + ManifestWriter.FORMAT + "'");
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

  private static Mode mode(StrictFields fields) {
    String label = fields.text("mode", 16);
    return Arrays.stream(Mode.values())
        .filter(m -> m.label().equals(label))
        .findFirst()
        .orElseThrow(() -> fields.bad("needs 'plain', 'he' or 'checkpoint' in 'mode'"));
  }

  private static BaseModelBinding baseModel(StrictFields fields) {
    fields.requireKeys(List.of("id", "config_sha256", "weights_sha256"), List.of());
    return new BaseModelBinding(
        fields.text("id", 256),
        Optional.of(fields.text("config_sha256", SHA256_OR_ANY)).filter(SHA256.asMatchPredicate()),
        Optional.of(fields.text("weights_sha256", SHA256_OR_ANY))
            .filter(SHA256.asMatchPredicate()));
  }

  private static AdapterDescription adapter(StrictFields fields) {
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

  private static int rank(StrictFields fields) {
    return (int) fields.integer("rank", 1, PeftConfig.MAX_RANK);
  }

  private static BigDecimal alpha(StrictFields fields) {
    return new BigDecimal(fields.text("alpha", DECIMAL));
  }

  private static List<Part> parts(StrictFields fields, Mode mode) {
    List<Part> parts =
        fields.objects("parts", mode.parts().size(), (part, i) -> part(part, mode.parts().get(i)));
    if (parts.size() != mode.parts().size()) {
      throw fields.bad("does not have the parts of mode " + mode.label());
    }
    return parts;
  }

  private static Part part(StrictFields fields, PartKind kind) {
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

  private static Extent extent(StrictFields fields) {
    fields.requireKeys(List.of("length", "sha256"), List.of());
    return new Extent(
        fields.integer("length", 0, CanonicalJson.MAX_INTEGER), fields.hex("sha256", 32));
  }

  private static Policy policy(StrictFields fields) {
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
        flag(fields, PolicyField.REQUIRES_SEPARATE_ADAPTER_HOST),
        guesses(fields));
  }

  private static Optional<GuessPolicy> guesses(StrictFields fields) {
    String label = PolicyField.SPECULATION.label();
    if (!fields.has(label)) {
      return Optional.empty();
    }
    return Optional.of(
        GuessPolicy.of(fields.text(label, 16))
            .orElseThrow(() -> fields.bad("needs 'allow' or 'forbid' for " + label)));
  }

  private static OptionalLong limit(StrictFields fields, PolicyField field) {
    return fields.has(field.label())
        ? OptionalLong.of(fields.integer(field.label(), 1, CanonicalJson.MAX_INTEGER))
        : OptionalLong.empty();
  }

  private static boolean flag(StrictFields fields, PolicyField field) {
    return fields.has(field.label()) && fields.flag(field.label());
  }

  private static Map<String, String> annotations(StrictFields fields) {
    StrictFields annotations = fields.object("annotations");
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
