package dev.tensafe.server.config;

import dev.tensafe.formats.CodedException;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API keys a server knows: those in the file, as it is now. Every look asks whether the file
 * was replaced, so that a key that was removed opens nothing any more. A file that has gone, or
 * cannot be understood, leaves the keys as they were and is logged as an error. Thread-safe.
 */
public final class ApiKeys {
  private static final Logger LOG = LoggerFactory.getLogger(ApiKeys.class);

  private final Path file;
  private volatile State state;

  /** Keys by hash, and the file they were read from. */
  private record State(String stamp, Map<String, Key> byHash) {}

  private ApiKeys(Path file) {
    this.file = file;
    // the stamp first: what changes while it is read is noticed at the next look
    String stamp = stamp();
    this.state = new State(stamp, new ApiKeyFile(file).byHash());
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
    /** Reading /metrics and /v1/status. */
    METRICS,
    /** Ending requests of others. */
    ADMIN,
    /** The training service. */
    TRAIN;

    /** Parses a name as written in the file. */
    public static Scope parse(String name) {
      for (Scope scope : values()) {
        if (scope.label().equals(name)) {
          return scope;
        }
      }
      throw new ConfigException(
          "config.api-keys",
          "unknown scope '" + name + "'; known are infer, adapters, metrics, admin, train");
    }

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Reads a key file, and from then on every file that replaces it.
   *
   * @throws dev.tensafe.formats.CodedException {@code config.*} when it is missing or malformed
   */
  public static ApiKeys load(Path file) {
    return new ApiKeys(file);
  }

  /** The keys of a file; null without one: everything is allowed then. */
  public static @Nullable ApiKeys of(@Nullable Path file) {
    return file == null ? null : load(file);
  }

  /** All keys by name. */
  public List<Key> list() {
    refresh();
    return state.byHash().values().stream().sorted(Comparator.comparing(Key::name)).toList();
  }

  /** The key a client presented, or null. */
  public @Nullable Key find(String presented) {
    refresh();
    return state.byHash().get(ApiKeyFile.hash(presented));
  }

  private void refresh() {
    String stamp = stamp();
    if (stamp.equals(state.stamp())) {
      return;
    }
    synchronized (this) {
      if (stamp.equals(state.stamp())) {
        return;
      }
      try {
        state = new State(stamp, new ApiKeyFile(file).byHash());
        LOG.info("API keys are read again: {} keys", state.byHash().size());
      } catch (CodedException e) {
        LOG.error("API keys cannot be read again, the last ones stand: {}", e.description());
        state = new State(stamp, state.byHash());
      }
    }
  }

  /** Tells one state of the file from another without reading it. */
  private String stamp() {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return now.fileKey() + " " + now.size() + " " + now.lastModifiedTime();
    } catch (IOException e) {
      return e.getClass().getSimpleName();
    }
  }
}
