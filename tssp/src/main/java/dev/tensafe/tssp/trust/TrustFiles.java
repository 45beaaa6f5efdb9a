package dev.tensafe.tssp.trust;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.StrictFields;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.keys.SigningPublicKey;
import dev.tensafe.tssp.manifest.Names;
import dev.tensafe.tssp.manifest.SignatureList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The layout of a trust directory: {@code keys/<key id>.json}, {@code revoked.json} (the operator's
 * own list) and {@code revocations/<sha256>.rev} (issuers' signed statements).
 */
final class TrustFiles {
  private static final String KEY_FORMAT = "tensafe-trusted-key/v1";
  private static final String REVOKED_FORMAT = "tensafe-revoked/v2";

  /** Of lists that do not say by whom and when. */
  private static final String REVOKED_FORMAT_1 = "tensafe-revoked/v1";

  private static final Pattern ROLE = Pattern.compile("issuer|reviewer");
  private static final int MAX_ENTRIES = 100_000;
  private static final int MAX_WHO = 256;

  private final Path directory;

  TrustFiles(Path directory) {
    this.directory = directory;
  }

  /** The operators' own list: key ids and package ids, each with who revoked it and when. */
  record Revoked(Map<String, RevokedBy> issuers, Map<String, RevokedBy> packages) {
    Revoked {
      issuers = Map.copyOf(issuers);
      packages = Map.copyOf(packages);
    }
  }

  /** Of the lock under which the directory is changed. */
  Path lock() {
    return directory.resolve("trust.lock");
  }

  Path key(KeyId id) {
    return directory.resolve("keys").resolve(id.hex() + ".json");
  }

  Path revoked() {
    return directory.resolve("revoked.json");
  }

  Path revocation(String sha256) {
    return directory.resolve("revocations").resolve(sha256 + ".rev");
  }

  /** Files of a subdirectory, by name; none if it does not exist. */
  List<Path> list(String subdirectory, String ending) {
    Path path = directory.resolve(subdirectory);
    if (Files.notExists(path)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(f -> f.getFileName().toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot list " + path, e);
    }
  }

  static byte[] read(Path file, int max) {
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(max + 1);
      if (bytes.length > max) {
        throw new TsspException(Reason.TRUST_MALFORMED, file + " is too long");
      }
      return bytes;
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot read " + file, e);
    }
  }

  static byte[] write(TrustedKey trusted) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", KEY_FORMAT).put("name", trusted.name());
    ArrayNode roles = node.putArray("roles");
    trusted.roles().stream().map(Role::label).sorted().forEach(roles::add);
    trusted.adapterPrefixes().forEach(node.putArray("adapter_prefixes")::add);
    trusted.validFrom().ifPresent(t -> node.put("valid_from", StrictFields.format(t)));
    trusted.validUntil().ifPresent(t -> node.put("valid_until", StrictFields.format(t)));
    node.put("required_reviews", trusted.requiredReviews());
    node.set("key", PublicKeyFile.json(trusted.key()));
    return PublicKeyFile.bytes(node);
  }

  static TrustedKey readKey(Path file) {
    StrictFields fields = fields(file, KEY_FORMAT);
    fields.requireKeys(
        List.of("format", "name", "roles", "adapter_prefixes", "required_reviews", "key"),
        List.of("valid_from", "valid_until"));
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String label : fields.texts("roles", 2, ROLE)) {
      roles.add(label.equals(Role.ISSUER.label()) ? Role.ISSUER : Role.REVIEWER);
    }
    SigningPublicKey key = PublicKeyFile.signing(fields.raw("key"), file + ": key");
    if (!file.getFileName().toString().equals(key.id().hex() + ".json")) {
      throw fields.bad("holds another key than its name says");
    }
    return new TrustedKey(
        fields.text("name", Names.LABEL),
        key,
        roles,
        fields.texts("adapter_prefixes", 1000, Names.ADAPTER_PREFIX),
        fields.has("valid_from") ? Optional.of(fields.time("valid_from")) : Optional.empty(),
        fields.has("valid_until") ? Optional.of(fields.time("valid_until")) : Optional.empty(),
        (int) fields.integer("required_reviews", 0, SignatureList.MAX_COUNT - 1));
  }

  static byte[] write(Revoked revoked) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", REVOKED_FORMAT);
    write(revoked.issuers(), node.putArray("issuers"));
    write(revoked.packages(), node.putArray("packages"));
    return PublicKeyFile.bytes(node);
  }

  private static void write(Map<String, RevokedBy> revoked, ArrayNode list) {
    new TreeMap<>(revoked)
        .forEach(
            (id, by) -> {
              ObjectNode entry = list.addObject().put("id", id);
              by.who().ifPresent(who -> entry.put("by", who));
              by.time().ifPresent(time -> entry.put("time", StrictFields.format(time)));
            });
  }

  Revoked readRevoked() {
    if (Files.notExists(revoked())) {
      return new Revoked(Map.of(), Map.of());
    }
    StrictFields fields = fields(revoked(), REVOKED_FORMAT, REVOKED_FORMAT_1);
    fields.requireKeys(List.of("format", "issuers", "packages"), List.of());
    if (fields.text("format", 64).equals(REVOKED_FORMAT_1)) {
      return new Revoked(
          nameless(fields.texts("issuers", MAX_ENTRIES, KeyId.PATTERN)),
          nameless(fields.texts("packages", MAX_ENTRIES, Names.PACKAGE_ID)));
    }
    return new Revoked(
        revoked(fields, "issuers", KeyId.PATTERN), revoked(fields, "packages", Names.PACKAGE_ID));
  }

  private static Map<String, RevokedBy> nameless(List<String> ids) {
    Map<String, RevokedBy> revoked = new HashMap<>();
    ids.forEach(id -> revoked.put(id, RevokedBy.unknownOperator()));
    return revoked;
  }

  private static Map<String, RevokedBy> revoked(StrictFields fields, String key, Pattern form) {
    Map<String, RevokedBy> revoked = new HashMap<>();
    fields.objects(
        key,
        MAX_ENTRIES,
        (entry, index) -> {
          entry.requireKeys(List.of("id"), List.of("by", "time"));
          return revoked.put(
              entry.text("id", form),
              new RevokedBy(
                  false,
                  entry.has("by") ? Optional.of(entry.text("by", MAX_WHO)) : Optional.empty(),
                  entry.has("time") ? Optional.of(entry.time("time")) : Optional.empty()));
        });
    return revoked;
  }

  private static StrictFields fields(Path file, String format, String... older) {
    JsonNode node;
    try {
      node = Json.parseObject(read(file, 16 << 20), file.toString(), "trust");
    } catch (FormatException e) {
      throw new TsspException(Reason.TRUST_MALFORMED, e.description());
    }
    StrictFields fields = new StrictFields(node, file.toString(), Reason.TRUST_MALFORMED);
    String given = fields.text("format", 64);
    if (!given.equals(format) && !List.of(older).contains(given)) {
      throw fields.bad("is not of the format '" + format + "'");
    }
    return fields;
  }
}
