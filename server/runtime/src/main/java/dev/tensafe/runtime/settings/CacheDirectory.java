package dev.tensafe.runtime.settings;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a user's programs keep what can be calculated again: the XDG Base Directory Specification,
 * version 0.8, by which a path that is not absolute is no path. Stateless.
 */
final class CacheDirectory {
  private static final String OURS = "tensafe";

  private CacheDirectory() {}

  /**
   * Our directory in the user's cache.
   *
   * @param home the user's; null or not absolute if there is none
   * @return {@code $XDG_CACHE_HOME/tensafe}, or else {@code ~/.cache/tensafe}; empty without either
   */
  static Optional<Path> of(Map<String, String> environment, @Nullable String home) {
    return absolute(environment.get("XDG_CACHE_HOME"))
        .or(() -> absolute(home).map(path -> path.resolve(".cache")))
        .map(cache -> cache.resolve(OURS));
  }

  private static Optional<Path> absolute(@Nullable String text) {
    try {
      return Optional.ofNullable(text).map(Path::of).filter(Path::isAbsolute);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
