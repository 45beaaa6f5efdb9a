package dev.tensafe.owner.packages;

import dev.tensafe.tssp.verify.DigestCache;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command keeps what can be calculated again. */
public final class CacheOptions {
  @Option(
      names = "--cache-dir",
      paramLabel = "DIR",
      description = "keeps digests of models' weights, so that they are not read whole each time")
  private @Nullable Path directory;

  /** The digests kept there; none if there is no such directory and no home for one. */
  public DigestCache digests(InstantSource clock) {
    Path given = directory;
    return given == null ? DigestCache.none() : DigestCache.in(given, clock);
  }
}
