package dev.tensafe.tssp.trust;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.StrictFields;
import dev.tensafe.tssp.file.DurableFile;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Names;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@link SeenVersions} in a file, {@code versions.json} in the registry's directory. It only grows;
 * it is on disk before {@link #record} returns, and a file that cannot be read is an error, never
 * treated as empty. Thread-safe: one thread at a time reads or writes the file. Several processes
 * may write, each through one instance.
 */
public final class SeenVersionsFile implements SeenVersions {
  private static final String FORMAT = "tensafe-versions/v1";
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
  public synchronized long highest(KeyId issuer, String name) {
    return read().getOrDefault(key(issuer, name), NEVER);
  }

  /**
   * Remembers that a package was accepted.
   *
   * @throws TsspException {@code tssp.rollback} when a higher version was accepted in the meantime,
   *     {@code tssp.versions_unusable}, {@code tssp.io}
   */
  public synchronized void record(Manifest manifest) {
    if (!recordAll(List.of(manifest)).isEmpty()) {
      throw new TsspException(
          Reason.ROLLBACK,
          "version "
              + manifest.version()
              + " of '"
              + manifest.name()
              + "' is below one that was accepted before");
    }
  }

  /**
   * Remembers that packages were accepted, reading and writing the file once.
   *
   * @return those below a version that was accepted before; they change nothing
   * @throws TsspException {@code tssp.versions_unusable}, {@code tssp.io}
   */
  public synchronized List<Manifest> recordAll(List<Manifest> manifests) {
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock unusedHeld = channel.lock()) {
      Map<String, Long> versions = read();
      List<Manifest> below = new ArrayList<>();
      boolean changed = false;
      for (Manifest manifest : manifests) {
        String key = key(manifest.issuer(), manifest.name());
        long highest = versions.getOrDefault(key, NEVER);
        if (manifest.version() < highest) {
          below.add(manifest);
        } else if (manifest.version() > highest) {
          versions.put(key, manifest.version());
          changed = true;
        }
      }
      if (changed) {
        write(versions);
      }
      return below;
    } catch (OverlappingFileLockException e) {
      throw new TsspException(
          Reason.VERSIONS_UNUSABLE, "another part of this process is writing " + file, e);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot write " + file, e);
    }
  }

  private static String key(KeyId issuer, String name) {
    return issuer.hex() + "/" + name;
  }

  private Map<String, Long> read() {
    Map<String, Long> versions = new TreeMap<>();
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
      if (!fields.text("format", 64).equals(FORMAT)) {
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
        versions.put(key, highest.integer(key, 0, CanonicalJson.MAX_INTEGER));
      }
      return versions;
    } catch (FormatException e) {
      throw new TsspException(Reason.VERSIONS_UNUSABLE, e.description());
    }
  }

  @GuardedBy("this")
  private void write(Map<String, Long> versions) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", FORMAT);
    ObjectNode highest = node.putObject("highest");
    versions.forEach(highest::put);
    DurableFile.write(file, PublicKeyFile.bytes(node));
  }
}
