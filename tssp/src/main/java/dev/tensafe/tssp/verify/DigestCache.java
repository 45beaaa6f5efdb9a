package dev.tensafe.tssp.verify;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.security.auth.module.UnixSystem;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.tssp.canonical.CanonicalJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Digests of models' weights, kept in files so that a model is not read whole at every start. One
 * file a model directory; it holds the {@link CheckpointIdentity} its digest is of, and is used for
 * files of that identity only.
 *
 * <p>Who can write the cache can say of any weights that they are others. So it counts only if the
 * directory and the file belong to this process's user and nobody else may write them. A cache that
 * is not so, that is damaged or that cannot be written costs time, never an error: the digest is
 * calculated, and one line in the log says why.
 *
 * <p>Thread-safe; several processes may share a directory, since files appear whole or not at all.
 */
public final class DigestCache {
  /** Models that are remembered; what was written longest ago goes first. */
  static final int MAX_FILES = 64;

  /**
   * Files that changed less long ago are not remembered: one more change could leave the same
   * times, which advance in steps of the kernel's clock or of a file server's.
   */
  static final Duration SETTLED = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(DigestCache.class);
  private static final String FORMAT = "tensafe-weights/v2";
  private static final int MAX_BYTES = 1 << 20;
  private static final FileAttribute<?> OWN_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<?> OWN_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final @Nullable Path directory;
  private final InstantSource clock;
  private final OwnFiles own;
  private final AtomicBoolean reported = new AtomicBoolean();

  DigestCache(@Nullable Path directory, InstantSource clock, OwnFiles own) {
    this.directory = directory;
    this.clock = clock;
    this.own = own;
  }

  /** Remembers nothing: every digest is calculated. */
  public static DigestCache none() {
    return new DigestCache(null, InstantSource.system(), new OwnFiles(-1));
  }

  /**
   * Remembers digests below a directory, which is made when there is something to write.
   *
   * @param clock of the files' times
   */
  public static DigestCache in(Path directory, InstantSource clock) {
    requireNonNull(clock, "clock is null");
    return new DigestCache(
        directory.resolve("weights"), clock, new OwnFiles(new UnixSystem().getUid()));
  }

  /**
   * The digest of a checkpoint's weights.
   *
   * @param before the identity of its files from before they were opened
   * @param now reads the identity as it is now; what differs from {@code before} is not remembered
   * @param calculated reads all weights
   * @return hexadecimal
   */
  String digest(
      Optional<CheckpointIdentity> before,
      Supplier<Optional<CheckpointIdentity>> now,
      Supplier<String> calculated) {
    Path folder = directory;
    if (folder == null || before.isEmpty()) {
      return calculated.get();
    }
    CheckpointIdentity identity = before.get();
    boolean settled = identity.changed().isBefore(clock.instant().minus(SETTLED));
    Path file = folder.resolve(identity.fileName());
    Optional<String> remembered = read(folder, file, identity);
    if (remembered.isPresent() && now.get().equals(before)) {
      return remembered.get();
    }
    String digest = calculated.get();
    if (settled && now.get().equals(before)) {
      write(folder, file, identity, digest);
    }
    return digest;
  }

  private Optional<String> read(Path folder, Path file, CheckpointIdentity identity) {
    try {
      if (!own.isDirectory(folder) || !own.isFile(file)) {
        report(file + " is no file that this user alone can write", null);
        return Optional.empty();
      }
      byte[] bytes;
      try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
        bytes = in.readNBytes(MAX_BYTES + 1);
      }
      if (bytes.length > MAX_BYTES) {
        report(file + " is too long", null);
        return Optional.empty();
      }
      JsonNode node = Json.parseObject(bytes, file.toString(), "tssp");
      String digest = node.path("sha256").asText();
      // All of it or nothing: the same bytes as would be written.
      return digest.matches("[0-9a-f]{64}") && Arrays.equals(bytes, content(identity, digest))
          ? Optional.of(digest)
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | UnsupportedOperationException | CodedException e) {
      report("cannot read " + file, e);
      return Optional.empty();
    }
  }

  private void write(Path folder, Path file, CheckpointIdentity identity, String digest) {
    byte[] content = content(identity, digest);
    if (content.length > MAX_BYTES) {
      return;
    }
    try {
      Files.createDirectories(folder, OWN_DIRECTORY);
      if (!own.isDirectory(folder)) {
        report(folder + " is no directory that this user alone can write", null);
        return;
      }
      AtomicFile.write(file, content, OWN_FILE);
      dropOldest(folder);
    } catch (IOException | UnsupportedOperationException e) {
      report("cannot write " + file, e);
    }
  }

  private static byte[] content(CheckpointIdentity identity, String digest) {
    return CanonicalJson.write(identity.json().put("format", FORMAT).put("sha256", digest));
  }

  /** Another process may do the same at the same time; what a crash has left goes, too. */
  private static void dropOldest(Path folder) throws IOException {
    Map<Path, FileTime> times = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        try {
          times.put(file, Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
          // Gone since it was listed.
        }
      }
    }
    for (Path file :
        times.keySet().stream()
            .sorted(Comparator.comparing(times::get))
            .limit(Math.max(0, times.size() - MAX_FILES))
            .toList()) {
      Files.deleteIfExists(file);
    }
  }

  private void report(String what, @Nullable Exception cause) {
    if (!reported.getAndSet(true)) {
      LOG.info(
          "digests of weights are calculated, not remembered: {}{}",
          what,
          cause == null ? "" : " (" + cause + ")");
    }
  }
}
