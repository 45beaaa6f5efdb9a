package dev.tensafe.lora.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.formats.file.ProcessLock;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.AdapterException.Reason;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry's directory: packages as they were uploaded, by digest, and the index from names to
 * packages. One process holds the directory at a time. A thread that changes the store, or decides
 * by it, holds its monitor.
 *
 * <pre>
 * registry.json    names, digests, owners of names
 * packages/        DIGEST.tssp
 * incoming/        uploads under way; emptied at start
 * versions.json    see SeenVersionsFile
 * usage.json       see TokenBudgets
 * registry.lock
 * </pre>
 */
final class PackageStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PackageStore.class);
  private static final String FORMAT = "tensafe-registry/v1";
  private static final String SUFFIX = ".tssp";

  private final Path index;
  private final Path packages;
  private final Path incoming;
  private final ProcessLock lock;

  @GuardedBy("this")
  private final Map<String, Registered> adapters = new TreeMap<>();

  @GuardedBy("this")
  private final Map<String, KeyId> owners = new TreeMap<>();

  /** A line of the index. */
  record Registered(String digest, boolean pinned, Instant accepted) {}

  private PackageStore(Path directory, ProcessLock lock) {
    this.index = directory.resolve("registry.json");
    this.packages = directory.resolve("packages");
    this.incoming = directory.resolve("incoming");
    this.lock = lock;
  }

  /**
   * Opens a directory, creates it if it does not exist, and removes the rest of interrupted
   * uploads.
   *
   * @throws AdapterException {@code adapter.storage}
   */
  static PackageStore open(Path directory) {
    ProcessLock lock;
    try {
      Files.createDirectories(directory);
      lock =
          ProcessLock.tryAcquire(directory.resolve("registry.lock"))
              .orElseThrow(
                  () ->
                      new AdapterException(
                          Reason.STORAGE, directory + " is in use by another TenSafe server"));
    } catch (IOException e) {
      throw new AdapterException(Reason.STORAGE, "cannot use " + directory, e);
    }
    try {
      PackageStore store = new PackageStore(directory, lock);
      Files.createDirectories(store.packages);
      Files.createDirectories(store.incoming);
      store.readIndex();
      store.sweep();
      return store;
    } catch (IOException e) {
      lock.close();
      throw new AdapterException(Reason.STORAGE, "cannot use " + directory, e);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private synchronized void readIndex() {
    if (Files.notExists(index)) {
      return;
    }
    try {
      JsonNode root = Json.readObject(index, "adapter");
      if (!root.path("format").asText().equals(FORMAT)) {
        throw new FormatException("adapter.index", "it is not of the format " + FORMAT);
      }
      for (Map.Entry<String, JsonNode> e : root.path("adapters").properties()) {
        JsonNode node = e.getValue();
        String digest = node.path("digest").asText();
        if (!digest.matches("[0-9a-f]{64}")) {
          throw new FormatException("adapter.index", "a digest is malformed");
        }
        Instant accepted = Instant.parse(node.path("accepted").asText());
        adapters.put(e.getKey(), new Registered(digest, node.path("pinned").asBoolean(), accepted));
      }
      for (Map.Entry<String, JsonNode> e : root.path("owners").properties()) {
        owners.put(e.getKey(), new KeyId(e.getValue().asText()));
      }
    } catch (FormatException | DateTimeException | IllegalArgumentException e) {
      throw new AdapterException(
          Reason.STORAGE, index + " cannot be understood; it is not taken for an empty one", e);
    }
  }

  private synchronized void sweep() throws IOException {
    Set<String> known =
        adapters.values().stream().map(Registered::digest).collect(Collectors.toSet());
    AtomicFile.deleteLeftovers(index);
    int removed = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(incoming)) {
      for (Path file : files) {
        Files.delete(file);
        removed++;
      }
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(packages)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (!name.endsWith(SUFFIX)
            || !known.contains(name.substring(0, name.length() - SUFFIX.length()))) {
          Files.delete(file);
          removed++;
        }
      }
    }
    if (removed > 0) {
      LOG.info("removed {} files that belong to no registered adapter", removed);
    }
  }

  /** A path for an upload; the file does not exist yet. */
  Path newIncoming() {
    return incoming.resolve(UUID.randomUUID() + ".part");
  }

  Path file(String digest) {
    return packages.resolve(digest + SUFFIX);
  }

  /** By name. */
  @GuardedBy("this")
  Map<String, Registered> adapters() {
    return new HashMap<>(adapters);
  }

  /** The issuer a name belongs to, also after the adapter was removed. */
  @GuardedBy("this")
  Map<String, KeyId> owners() {
    return new HashMap<>(owners);
  }

  /**
   * Moves an upload to its place and makes it the package of its name, durably.
   *
   * @param last done when the index is on disk but not in its place; if it fails, all is undone,
   *     which needs no space
   * @throws AdapterException {@code adapter.storage}, or what {@code last} throws; nothing has
   *     changed then
   */
  @GuardedBy("this")
  void register(Path upload, String name, KeyId owner, Registered registered, Runnable last) {
    Path target = file(registered.digest());
    boolean fresh = !Files.exists(target);
    try {
      try (FileChannel channel = FileChannel.open(upload, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(upload, target, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel channel = FileChannel.open(packages, StandardOpenOption.READ)) {
        channel.force(true);
      }
    } catch (IOException e) {
      throw new AdapterException(Reason.STORAGE, "the package cannot be stored", e);
    }
    Map<String, Registered> changed = new TreeMap<>(adapters);
    Map<String, KeyId> changedOwners = new TreeMap<>(owners);
    changed.put(name, registered);
    changedOwners.put(name, owner);
    try (AtomicFile.Prepared prepared = prepare(changed, changedOwners)) {
      last.run();
      prepared.commit();
    } catch (IOException e) {
      if (fresh) {
        delete(registered.digest());
      }
      throw notWritten(e);
    } catch (RuntimeException e) {
      if (fresh) {
        delete(registered.digest());
      }
      throw e;
    }
    adapters.putAll(changed);
    owners.putAll(changedOwners);
  }

  /** Changes a line of the index, durably. */
  @GuardedBy("this")
  void pin(String name, boolean pinned) {
    Registered before = adapters.get(name);
    if (before != null && before.pinned() != pinned) {
      Map<String, Registered> changed = new TreeMap<>(adapters);
      changed.put(name, new Registered(before.digest(), pinned, before.accepted()));
      write(changed, owners);
      adapters.putAll(changed);
    }
  }

  /** Forgets a name, durably; its owner and its file stay. */
  @GuardedBy("this")
  void unregister(String name) {
    Map<String, Registered> changed = new TreeMap<>(adapters);
    changed.remove(name);
    write(changed, owners);
    adapters.remove(name);
  }

  /** Deletes a package's file. */
  void delete(String digest) {
    deleteQuietly(file(digest));
  }

  void discard(Path upload) {
    deleteQuietly(upload);
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("cannot delete {}: {}", file.getFileName(), e.getClass().getSimpleName());
    }
  }

  private void write(Map<String, Registered> changed, Map<String, KeyId> changedOwners) {
    try (AtomicFile.Prepared prepared = prepare(changed, changedOwners)) {
      prepared.commit();
    } catch (IOException e) {
      throw notWritten(e);
    }
  }

  private static AdapterException notWritten(Exception cause) {
    return new AdapterException(Reason.STORAGE, "the index cannot be written", cause);
  }

  private AtomicFile.Prepared prepare(
      Map<String, Registered> changed, Map<String, KeyId> changedOwners) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode().put("format", FORMAT);
    ObjectNode list = root.putObject("adapters");
    changed.forEach(
        (name, r) ->
            list.putObject(name)
                .put("digest", r.digest())
                .put("pinned", r.pinned())
                .put("accepted", r.accepted().toString()));
    ObjectNode names = root.putObject("owners");
    changedOwners.forEach((name, owner) -> names.put(name, owner.hex()));
    try {
      byte[] bytes = mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
      return AtomicFile.prepare(index, bytes);
    } catch (IOException | RuntimeException e) {
      throw notWritten(e);
    }
  }

  /** Lets another process use the directory. */
  @Override
  public void close() {
    lock.close();
  }
}
