package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.HeException;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pairs of adapter and adapter host that are barred, in a state directory that outlives the
 * process or in memory. While any pair of a host is barred no session with it begins, under the key
 * or at the address it had. Only {@link #reenable} ends that. Thread-safe; several processes may
 * share a directory.
 */
public final class BarredHosts {
  private static final Logger LOG = LoggerFactory.getLogger(BarredHosts.class);

  private final @Nullable Path directory;
  private final @Nullable BarredFile file;

  @GuardedBy("this")
  private List<BarredPair> barred = List.of();

  /** Barred by this process, and in no file: it could not be written. */
  @GuardedBy("this")
  private final List<BarredPair> unwritten = new ArrayList<>();

  @GuardedBy("this")
  private String stamp = "";

  private final List<Consumer<BarredPair>> listeners = new CopyOnWriteArrayList<>();

  /** What an adapter host did. */
  public enum Reason {
    /** An answer that is not the one linear map's. */
    TAG,
    /** An answer larger than any weights give. */
    BOUNDS,
    /** What cannot be an answer. */
    MALFORMED,
    /** A tag of other weights than the package's. */
    KNOWN_ANSWERS;

    /** The reason in files, logs and metrics. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Reason> of(String code) {
      for (Reason reason : values()) {
        if (reason.code().equals(code)) {
          return Optional.of(reason);
        }
      }
      return Optional.empty();
    }
  }

  private BarredHosts(@Nullable Path directory) {
    this.directory = directory;
    this.file = directory == null ? null : new BarredFile(directory);
  }

  /**
   * Those of a state directory.
   *
   * @param directory made when something is barred, if need be
   * @throws HeException {@code he.storage} if its file cannot be read
   */
  public static BarredHosts open(Path directory) {
    BarredHosts hosts = new BarredHosts(directory);
    hosts.read();
    return hosts;
  }

  /** Those of this process, which it forgets when it ends. */
  public static BarredHosts inMemory() {
    return new BarredHosts(null);
  }

  /**
   * Adds one that hears of every pair that is barred from now on, by this process or by another
   * one. Called on any thread, and before anything can let the pair meet again; must return at
   * once.
   */
  public void onBarred(Consumer<BarredPair> listener) {
    listeners.add(listener);
  }

  /** All pairs, the latest last. */
  public synchronized List<BarredPair> list() {
    List<BarredPair> all = new ArrayList<>(barred);
    all.addAll(unwritten);
    return all;
  }

  /** A pair that keeps this process from an adapter host, or empty. */
  synchronized Optional<BarredPair> withKey(KeyId host) {
    return list().stream().filter(pair -> pair.host().equals(host)).findFirst();
  }

  /** A pair that keeps this process from an address, or empty. */
  synchronized Optional<BarredPair> at(String address) {
    return list().stream().filter(pair -> pair.address().equals(address)).findFirst();
  }

  /**
   * Bars a pair; on disk when this returns. Where that fails it is barred all the same, for as long
   * as this process runs.
   */
  public synchronized void bar(BarredPair pair) {
    if (list().stream().anyMatch(known -> known.is(pair.digest(), pair.host()))) {
      return;
    }
    unwritten.add(pair);
    try {
      write();
    } catch (HeException e) {
      LOG.error("a barred adapter host is not recorded", e);
    }
    listeners.forEach(listener -> listener.accept(pair));
  }

  /** Writes what is in no file yet. */
  @GuardedBy("this")
  private void write() {
    BarredFile to = file;
    if (to != null) {
      List<BarredPair> added = List.copyOf(unwritten);
      barred =
          to.update(
              pairs -> {
                for (BarredPair pair : added) {
                  if (pairs.stream().noneMatch(p -> p.is(pair.digest(), pair.host()))) {
                    pairs.add(pair);
                  }
                }
              });
      stamp = to.stamp();
      unwritten.clear();
    }
  }

  /**
   * Reads the file again if somebody has changed it. A file that cannot be read changes nothing.
   *
   * @return whether it did
   */
  synchronized boolean refresh() {
    BarredFile from = file;
    try {
      if (from == null || from.stamp().equals(stamp)) {
        return false;
      }
      read();
      return true;
    } catch (HeException e) {
      LOG.error("barred adapter hosts stay as they were: {}", e.description());
      return false;
    }
  }

  private synchronized void read() {
    BarredFile from = file;
    if (from != null) {
      // the stamp first: what is written after it is read again
      String now = from.stamp();
      List<BarredPair> before = list();
      barred = from.read();
      stamp = now;
      for (BarredPair pair : barred) {
        if (before.stream().noneMatch(known -> known.is(pair.digest(), pair.host()))) {
          listeners.forEach(listener -> listener.accept(pair));
        }
      }
    }
  }

  /**
   * Lets pairs meet again, with a new tag. Each gets a line in the directory's {@code he-audit.log}
   * before it is let go.
   *
   * @param digest of the adapter
   * @param host the one whose key this is, or any
   * @param who name of the operating system's user
   * @return what was barred and is no more
   * @throws HeException {@code he.storage}
   */
  public synchronized List<BarredPair> reenable(
      String digest, Optional<KeyId> host, String who, InstantSource clock) {
    List<BarredPair> let = new ArrayList<>();
    for (BarredPair pair : unwritten) {
      if (pair.is(digest, host.orElse(pair.host()))) {
        let.add(pair);
      }
    }
    unwritten.removeAll(let);
    BarredFile from = file;
    if (from != null) {
      barred =
          from.update(
              pairs -> {
                for (BarredPair pair : List.copyOf(pairs)) {
                  if (pair.is(digest, host.orElse(pair.host()))) {
                    let(pair, who, clock);
                    pairs.remove(pair);
                    let.add(pair);
                  }
                }
              });
      stamp = from.stamp();
    }
    return let;
  }

  private void let(BarredPair pair, String who, InstantSource clock) {
    Path in = directory;
    if (in != null) {
      new AuditLog(in).reenabled(pair, who, clock.instant());
      try {
        Files.deleteIfExists(TagBook.file(in, pair.digest(), pair.host()));
      } catch (IOException e) {
        throw new HeException(
            HeException.Reason.STORAGE, "cannot delete a tag: " + e.getMessage(), e);
      }
    }
  }
}
