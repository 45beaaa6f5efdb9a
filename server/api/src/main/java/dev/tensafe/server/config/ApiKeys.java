package dev.tensafe.server.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * API keys with their scopes, kept in a JSON file as SHA-256 hashes. Keys hold 256 random bits, so
 * a plain hash cannot be searched. Immutable and thread-safe; the file is read once, at start.
 */
public final class ApiKeys {
  private static final String PREFIX = "tsk-";

  private final Map<String, Key> byHash;

  private ApiKeys(Map<String, Key> byHash) {
    this.byHash = Map.copyOf(byHash);
  }

  /** A known key. */
  public record Key(String name, Set<Scope> scopes) {
    public Key {
      scopes = Set.copyOf(scopes);
    }
  }

  /** The permissions of a key. */
  public enum Scope {
    /** Completions, models, tokenisation. */
    INFER,
    /** Changing adapters. */
    ADAPTERS,
    /** Reading /metrics. */
    METRICS;

    /** Parses a name as written in the file. */
    public static Scope parse(String name) {
      for (Scope scope : values()) {
        if (scope.label().equals(name)) {
          return scope;
        }
      }
      throw new ConfigException(
          "config.api-keys", "unknown scope '" + name + "'; known are infer, adapters, metrics");
    }

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Reads a key file.
   *
   * @throws dev.tensafe.formats.CodedException {@code config.*} when it is missing or malformed
   */
  public static ApiKeys load(Path file) {
    JsonNode keys = Json.readObject(file, "config").path("keys");
    if (!keys.isArray()) {
      throw new ConfigException("config.api-keys", file.getFileName() + " has no list 'keys'");
    }
    Map<String, Key> byHash = new HashMap<>();
    for (JsonNode node : keys) {
      String hash = node.path("sha256").asText();
      String name = node.path("name").asText();
      if (!hash.matches("[0-9a-f]{64}") || name.isEmpty()) {
        throw new ConfigException(
            "config.api-keys", "a key needs a name and a sha256 of 64 hexadecimal digits");
      }
      Set<Scope> scopes = new TreeSet<>();
      node.path("scopes").forEach(scope -> scopes.add(Scope.parse(scope.asText())));
      byHash.put(hash, new Key(name, scopes));
    }
    return new ApiKeys(byHash);
  }

  /** The key a client presented, or null. */
  public @Nullable Key find(String presented) {
    return byHash.get(hash(presented));
  }

  /**
   * Makes a key and adds its hash to the file. A new file is readable by its owner only.
   *
   * @return the key itself, which is stored nowhere
   */
  public static String add(Path file, String name, Set<Scope> scopes) throws IOException {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new ConfigException(
          "config.api-keys", "a key's name is 1 to 64 of letters, digits, '.', '_' and '-'");
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    if (!Files.notExists(file)) {
      load(file);
      root = (ObjectNode) Json.readObject(file, "config");
    }
    ArrayNode keys = root.withArray("keys");
    for (JsonNode node : keys) {
      if (node.path("name").asText().equals(name)) {
        throw new ConfigException("config.api-keys", "there is a key named " + name + " already");
      }
    }
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    String key = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    ObjectNode node = keys.addObject();
    node.put("name", name).put("sha256", hash(key));
    scopes.forEach(scope -> node.withArray("scopes").add(scope.label()));
    AtomicFile.write(
        file,
        mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(root),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return key;
  }

  private static String hash(String key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
