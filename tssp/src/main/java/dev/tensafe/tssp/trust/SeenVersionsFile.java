package dev.tensafe.tssp.trust;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.ProcessLock;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.StrictFields;
import dev.tensafe.tssp.file.DurableFile;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.manifest.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@link SeenVersions} in a file, {@code versions.json} in the registry's directory. It only grows;
 * it is on disk before {@link #record} returns, and a file that cannot be read is an error, never
 * treated as empty. Version 1 of the file has no digests; the next package accepted of a version
 * gives its own. Thread-safe: one thread at a time reads or writes the file. Several processes may
 * write.
 */
public final class SeenVersionsFile implements SeenVersions {
  private static final String FORMAT = "tensafe-versions/v2";
  private static final String FORMAT_WITHOUT_DIGESTS = "tensafe-versions/v1";
  private static final int MAX_BYTES = 64 << 20;

  private final Path file;
  private final Path lock;

  private SeenVersionsFile(Path directory) {
    this.file = directory.resolve("versions.json");
    this.lock = directory.resolve("versions.lock");
  }

  /**
   * @param directory of the registry; where it does not exist, nothing was ever accepted
   * @throws TsspException {@code tssp.versions_unusable}
   */
  public static SeenVersionsFile open(Path directory) {
    SeenVersionsFile versions = new SeenVersionsFile(directory);
    versions.read();
    return versions;
  }

  @Override
  public synchronized Optional<Seen> highest(KeyId issuer, String name) {
    return Optional.ofNullable(read().get(key(issuer, name)));
  }

  /**
   * Remembers that a package was accepted.
   *
   * @throws TsspException {@code tssp.rollback} or {@code tssp.version_reused} when another package
   *     was accepted in the meantime, {@code tssp.versions_unusable}, {@code tssp.io}
   */
  public synchronized void record(Release release) {
    TsspException refusal = recordAll(List.of(release)).get(release);
    if (refusal != null) {
      throw refusal;
    }
  }

  /**
   * Remembers that packages were accepted, reading and writing the file once.
   *
   * @return those that may not follow what was accepted before, with the reason; they change
   *     nothing
   * @throws TsspException {@code tssp.versions_unusable}, {@code tssp.io}
   */
  public synchronized Map<Release, TsspException> recordAll(List<Release> releases) {
    try (ProcessLock unusedHeld = ProcessLock.acquire(lock)) {
      Map<String, Seen> versions = read();
      Map<Release, TsspException> refused = new LinkedHashMap<>();
      boolean changed = false;
      for (Release release : releases) {
        String key = key(release.issuer(), release.name());
        Seen before = versions.get(key);
        Optional<TsspException> refusal =
            Optional.ofNullable(before).flatMap(seen -> seen.refusal(release));
        if (refusal.isPresent()) {
          refused.put(release, refusal.get());
          continue;
        }
        Seen after = new Seen(release.version(), Optional.of(release.digest()));
        versions.put(key, after);
        changed |= !after.equals(before);
      }
      if (changed) {
        write(versions);
      }
      return refused;
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot write " + file, e);
    }
  }

  private static String key(KeyId issuer, String name) {
    return issuer.hex() + "/" + name;
  }

  private Map<String, Seen> read() {
    Map<String, Seen> versions = new TreeMap<>();
    if (Files.notExists(file)) {
      return versions;
    }
    try {
      byte[] bytes = TrustFiles.read(file, MAX_BYTES);
      StrictFields fields =
          new StrictFields(
              Json.parseObject(bytes, file.toString(), "tssp"),
              file.toString(),
              Reason.VERSIONS_UNUSABLE);
      fields.requireKeys(List.of("format", "highest"), List.of());
      String format = fields.text("format", 64);
      if (!format.equals(FORMAT) && !format.equals(FORMAT_WITHOUT_DIGESTS)) {
        throw fields.bad("is not of the format '" + FORMAT + "'");
      }
      StrictFields highest = fields.object("highest");
      for (String key : highest.keys()) {
        int slash = key.indexOf('/');
        if (slash < 0
            || !KeyId.PATTERN.matcher(key.substring(0, slash)).matches()
            || !Names.ADAPTER.matcher(key.substring(slash + 1)).matches()) {
          throw highest.bad("has a key that is no issuer and name");
        }
        versions.put(key, format.equals(FORMAT) ? seen(highest.object(key)) : old(highest, key));
      }
      return versions;
    } catch (FormatException e) {
      throw new TsspException(Reason.VERSIONS_UNUSABLE, e.description());
    }
  }

  private static Seen old(StrictFields highest, String key) {
    return new Seen(highest.integer(key, 0, CanonicalJson.MAX_INTEGER), Optional.empty());
  }

  private static Seen seen(StrictFields fields) {
    fields.requireKeys(List.of("version"), List.of("sha256"));
    return new Seen(
        fields.integer("version", 0, CanonicalJson.MAX_INTEGER),
        fields.has("sha256")
            ? Optional.of(HexFormat.of().formatHex(fields.hex("sha256", 32)))
            : Optional.empty());
  }

  @GuardedBy("this")
  private void write(Map<String, Seen> versions) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", FORMAT);
    ObjectNode highest = node.putObject("highest");
    versions.forEach(
        (key, seen) -> {
          ObjectNode entry = highest.putObject(key).put("version", seen.version());
          seen.digest().ifPresent(digest -> entry.put("sha256", digest));
        });
    DurableFile.write(file, PublicKeyFile.bytes(node));
  }
}
