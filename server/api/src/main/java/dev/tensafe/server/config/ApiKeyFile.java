package dev.tensafe.server.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.formats.file.ProcessLock;
import dev.tensafe.formats.file.SecretFile;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JSON file of API keys with their scopes, kept as SHA-256 hashes. Keys hold 256 random bits,
 * so a plain hash cannot be searched. Every change is read, made and written under a lock in a file
 * of its own beside it. Stateless; several processes may change a file at the same time.
 */
public final class ApiKeyFile {
  private static final Logger LOG = LoggerFactory.getLogger(ApiKeyFile.class);
  private static final String PREFIX = "tsk-";

  private final Path file;

  public ApiKeyFile(Path file) {
    this.file = file;
  }

  /**
   * The keys in the order of the file.
   *
   * @throws dev.tensafe.formats.CodedException {@code config.*} when it is missing or malformed
   */
  public List<ApiKeys.Key> list() {
    List<ApiKeys.Key> keys = new ArrayList<>();
    for (JsonNode node : read()) {
      keys.add(key(node));
    }
    return keys;
  }

  /** As {@link #list}, by hash. */
  Map<String, ApiKeys.Key> byHash() {
    Map<String, ApiKeys.Key> keys = new HashMap<>();
    for (JsonNode node : read()) {
      keys.put(node.path("sha256").asText(), key(node));
    }
    return Map.copyOf(keys);
  }

  private ArrayNode read() {
    SecretFile.exposure(file).ifPresent(open -> LOG.warn("the file of API keys {}", open));
    JsonNode keys = Json.readObject(file, "config").path("keys");
    if (!(keys instanceof ArrayNode list)) {
      throw new ConfigException("config.api-keys", file.getFileName() + " has no list 'keys'");
    }
    return list;
  }

  private static ApiKeys.Key key(JsonNode node) {
    String name = node.path("name").asText();
    if (!node.path("sha256").asText().matches("[0-9a-f]{64}") || name.isEmpty()) {
      throw new ConfigException(
          "config.api-keys", "a key needs a name and a sha256 of 64 hexadecimal digits");
    }
    Set<ApiKeys.Scope> scopes = new TreeSet<>();
    node.path("scopes").forEach(scope -> scopes.add(ApiKeys.Scope.parse(scope.asText())));
    return new ApiKeys.Key(name, scopes);
  }

  /**
   * Makes a key and adds its hash. A new file is readable by its owner only.
   *
   * @return the key itself, which is stored nowhere
   * @throws ConfigException {@code config.api-keys} for a name of the wrong form, or one that is
   *     there
   */
  public String add(String name, Set<ApiKeys.Scope> scopes) throws IOException {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new ConfigException(
          "config.api-keys", "a key's name is 1 to 64 of letters, digits, '.', '_' and '-'");
    }
    String key = newKey();
    change(
        keys -> {
          if (indexOf(keys, name) >= 0) {
            throw new ConfigException(
                "config.api-keys", "there is a key named " + name + " already");
          }
          ObjectNode node = keys.addObject().put("name", name).put("sha256", hash(key));
          scopes.forEach(scope -> node.withArray("scopes").add(scope.label()));
        });
    return key;
  }

  /**
   * Takes a key out.
   *
   * @throws ConfigException {@code config.api-keys} if there is none of that name
   */
  public void remove(String name) throws IOException {
    change(keys -> keys.remove(requireIndex(keys, name)));
  }

  /**
   * Puts a new key in the place of one, with its name and scopes; the old one ends.
   *
   * @return the new key, which is stored nowhere
   * @throws ConfigException {@code config.api-keys} if there is none of that name
   */
  public String rotate(String name) throws IOException {
    String key = newKey();
    change(keys -> ((ObjectNode) keys.get(requireIndex(keys, name))).put("sha256", hash(key)));
    return key;
  }

  private void change(Consumer<ArrayNode> change) throws IOException {
    Path name = file.getFileName();
    try (ProcessLock unusedHeld =
        ProcessLock.acquire(file.toAbsolutePath().resolveSibling("." + name + ".lock"))) {
      ObjectNode root = new ObjectMapper().createObjectNode();
      FileAttribute<Set<PosixFilePermission>> permissions =
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
      if (!Files.notExists(file)) {
        // refuses what it cannot understand, before anything of it is replaced
        list();
        root = (ObjectNode) Json.readObject(file, "config");
        // the server may run as another user, whose group was let in
        permissions = PosixFilePermissions.asFileAttribute(Files.getPosixFilePermissions(file));
      }
      change.accept(root.withArray("keys"));
      AtomicFile.write(
          file,
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(root),
          permissions);
    }
  }

  private int requireIndex(ArrayNode keys, String name) {
    int index = indexOf(keys, name);
    if (index < 0) {
      throw new ConfigException(
          "config.api-keys", "there is no key named " + name + " in " + file + "; see apikey list");
    }
    return index;
  }

  private static int indexOf(ArrayNode keys, String name) {
    for (int i = 0; i < keys.size(); i++) {
      if (keys.get(i).path("name").asText().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private static String newKey() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  static String hash(String key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
