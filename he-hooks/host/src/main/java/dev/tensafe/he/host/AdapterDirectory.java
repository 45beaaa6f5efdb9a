package dev.tensafe.he.host;

import dev.tensafe.formats.CodedException;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestReader;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.trust.Release;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.SeenVersionsFile;
import dev.tensafe.tssp.trust.TrustSnapshot;
import dev.tensafe.tssp.verify.PackageVerifier;
import dev.tensafe.tssp.verify.VerifiedPackage;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The packages an adapter host serves: the {@code .tssp} files in a directory, verified, for as
 * long as they lie there and are trusted. {@link #refresh} is called from time to time, by one
 * thread.
 */
public final class AdapterDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterDirectory.class);

  private final Path directory;
  private final Path trustDirectory;
  private final AdapterHost host;
  private final InstantSource clock;
  private final SeenVersionsFile versions;
  private final Map<Path, Entry> entries = new HashMap<>();
  private TrustSnapshot trust;

  /**
   * A file that was looked at.
   *
   * @param stamp size and time
   * @param digest of the adapter it holds; empty for one that is refused
   */
  private record Entry(String stamp, String digest, Optional<Manifest> manifest) {}

  private AdapterDirectory(Path directory, Path trust, AdapterHost host, InstantSource clock) {
    this.directory = directory;
    this.trustDirectory = trust;
    this.host = host;
    this.clock = clock;
    this.versions = SeenVersionsFile.open(state(directory));
    this.trust = TrustSnapshot.read(trust);
  }

  /** The directory of the host's own records, below that of the packages. */
  public static Path state(Path directory) {
    try {
      return Files.createDirectories(directory.resolve("state"));
    } catch (IOException e) {
      throw new HeException(Reason.STORAGE, "cannot use " + directory, e);
    }
  }

  /**
   * Serves what lies in a directory.
   *
   * @throws HeException {@code he.storage}
   * @throws dev.tensafe.tssp.TsspException {@code trust.*}
   */
  public static AdapterDirectory open(
      Path directory, Path trust, AdapterHost host, InstantSource clock) {
    AdapterDirectory packages = new AdapterDirectory(directory, trust, host, clock);
    packages.scan();
    return packages;
  }

  /** Looks for packages that came or went, and for those that are not trusted any more. */
  public void refresh() {
    try {
      if (!trust.isCurrent(trustDirectory)) {
        trust = TrustSnapshot.read(trustDirectory);
        entries.values().removeIf(entry -> entry.manifest().isEmpty());
        recheck();
      }
      scan();
    } catch (CodedException e) {
      LOG.error("adapters cannot be looked at: {}: {}", e.code(), e.description());
    }
  }

  private PackageVerifier verifier(SeenVersions seen) {
    return new PackageVerifier(trust.store(), seen, clock);
  }

  private void recheck() {
    entries.forEach(
        (path, entry) -> {
          if (entry.manifest().isPresent() && host.find(entry.digest()) != null) {
            try (PackageFile file = PackageFile.open(path)) {
              Manifest unusedManifest =
                  verifier(SeenVersions.none()).verifyHead(file, VerifyRequest.anyModel());
            } catch (CodedException e) {
              LOG.warn("{}: {}: {}", path.getFileName(), e.code(), e.description());
              host.withdraw(entry.digest());
            }
          }
        });
    // one that is trusted again is read again
    entries.values().removeIf(e -> e.manifest().isPresent() && host.find(e.digest()) == null);
  }

  private void scan() {
    Map<Path, String> found = list();
    for (Path gone : new HashSet<>(entries.keySet())) {
      if (!found.containsKey(gone)) {
        forget(gone);
      }
    }
    for (Map.Entry<Path, Entry> e : new HashMap<>(entries).entrySet()) {
      if (isExpired(e.getValue()) && host.find(e.getValue().digest()) != null) {
        LOG.warn("{} has expired", e.getKey().getFileName());
        host.withdraw(e.getValue().digest());
      }
    }
    Map<Long, Map<Path, String>> fresh = new TreeMap<>();
    found.forEach(
        (path, stamp) -> {
          Entry known = entries.get(path);
          if (known == null || !known.stamp().equals(stamp)) {
            fresh.computeIfAbsent(version(path), v -> new TreeMap<>()).put(path, stamp);
          }
        });
    // lower versions first, so that several of one adapter that came together are all accepted
    fresh.values().forEach(files -> files.forEach(this::take));
  }

  private boolean isExpired(Entry entry) {
    return entry
        .manifest()
        .flatMap(Manifest::expires)
        .map(end -> !clock.instant().isBefore(end))
        .orElse(false);
  }

  /** The version that a file claims; it only decides the order in which files are read. */
  private static long version(Path path) {
    try (PackageFile file = PackageFile.open(path)) {
      return ManifestReader.read(file.manifestBytes()).version();
    } catch (CodedException e) {
      return 0;
    }
  }

  private void forget(Path path) {
    Entry entry = entries.remove(path);
    if (entry != null && host.find(entry.digest()) != null) {
      host.release(entry.digest());
    }
  }

  private void take(Path path, String stamp) {
    forget(path);
    try (PackageFile file = PackageFile.open(path)) {
      VerifyRequest request =
          new VerifyRequest(Optional.empty(), Set.of(host.keyId()), VerifyRequest.ENFORCEABLE);
      var verified = verifier(versions).verify(file, request);
      if (verified.manifest().mode() != Mode.HE || !verified.has(PartKind.SEALED)) {
        throw new HeException(
            Reason.REFUSED, "a package of mode he with its sealed part is needed here");
      }
      SealedPart added = host.add(verified);
      record(verified);
      entries.put(path, new Entry(stamp, added.digest(), Optional.of(verified.manifest())));
    } catch (CodedException e) {
      LOG.error("{} is not served: {}: {}", path.getFileName(), e.code(), e.description());
      entries.put(path, new Entry(stamp, "", Optional.empty()));
    }
  }

  /** What cannot be recorded is not served. */
  private void record(VerifiedPackage added) {
    try {
      versions.record(Release.of(added.manifest(), added.digest()));
    } catch (CodedException e) {
      host.release(added.digest());
      throw e;
    }
  }

  private Map<Path, String> list() {
    Map<Path, String> found = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.tssp")) {
      for (Path file : files) {
        BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class);
        if (a.isRegularFile()) {
          found.put(file, a.size() + " " + a.lastModifiedTime() + " " + a.fileKey());
        }
      }
    } catch (IOException e) {
      throw new HeException(Reason.STORAGE, "cannot list " + directory, e);
    }
    return found;
  }
}
