package dev.tensafe.formats.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The right to use files that one process at a time may use: an operating system's lock on a file
 * of its own. It ends with the process at the latest; the lock's file stays. Closed by any thread.
 *
 * <p>Parts of one process are kept apart by a set of our own and open the file in turns: Java's
 * table of locks lets two channels of a process have the same lock now and then (23 of 3,928 rounds
 * of eight threads, Java 17), and a channel that is closed gives up the locks of all others of its
 * process on the file (fcntl(2), "Record locks").
 */
public final class ProcessLock implements AutoCloseable {
  private static final long PATIENCE_NANOS = 10_000_000_000L;
  private static final long PAUSE_NANOS = 1_000_000;

  /** Files that a part of this process has locked or tries to. */
  private static final Set<Path> TAKEN = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ProcessLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes a lock without waiting.
   *
   * @param file of the lock; made if need be, in a directory that exists
   * @return empty if another process, or another part of this one, has it
   * @throws IOException if the file cannot be opened or locked
   */
  public static Optional<ProcessLock> tryAcquire(Path file) throws IOException {
    Path named = file.toAbsolutePath();
    Path real =
        Objects.requireNonNull(named.getParent())
            .toRealPath()
            .resolve(Objects.requireNonNull(named.getFileName()));
    if (!TAKEN.add(real)) {
      return Optional.empty();
    }
    boolean taken = false;
    try {
      FileChannel channel =
          FileChannel.open(real, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        taken = tryLock(channel);
      } finally {
        if (!taken) {
          channel.close();
        }
      }
      return taken ? Optional.of(new ProcessLock(real, channel)) : Optional.empty();
    } finally {
      if (!taken) {
        TAKEN.remove(real);
      }
    }
  }

  /**
   * Takes a lock for a change that is read, made and written under it, and waits for others that do
   * the same.
   *
   * @param file of the lock; made if need be, in a directory that exists
   * @throws IOException if the file cannot be opened or locked, or stays locked for ten seconds
   */
  public static ProcessLock acquire(Path file) throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      Optional<ProcessLock> lock = tryAcquire(file);
      if (lock.isPresent()) {
        return lock.get();
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(file + " stays locked by another command or server");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** Gives the lock back; a second time does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is written through the channel, and the lock ends with the process at the latest.
    } finally {
      TAKEN.remove(file);
    }
  }
}
