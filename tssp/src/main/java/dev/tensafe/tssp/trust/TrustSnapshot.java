package dev.tensafe.tssp.trust;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The trust directory as it was at one time. Immutable.
 *
 * @param files size and time of every file in it, by which a change is noticed
 */
public record TrustSnapshot(TrustStore store, Map<Path, String> files) {
  /**
   * Reads the directory.
   *
   * @throws dev.tensafe.tssp.TsspException as {@link TrustStore#open}
   */
  public static TrustSnapshot read(Path directory) {
    // listed first: what changes while it is read is noticed the next time
    Map<Path, String> files = list(directory);
    return new TrustSnapshot(TrustStore.open(directory), files);
  }

  /** Whether nothing in the directory has changed since. */
  public boolean isCurrent(Path directory) {
    return files.equals(list(directory));
  }

  private static Map<Path, String> list(Path directory) {
    Map<Path, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path file : all.toList()) {
        BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class);
        files.put(file, a.size() + " " + a.lastModifiedTime() + " " + a.fileKey());
      }
    } catch (IOException | UncheckedIOException e) {
      // gone, or changing right now: opening it will say so, or the next look will
      files.clear();
    }
    return files;
  }
}
