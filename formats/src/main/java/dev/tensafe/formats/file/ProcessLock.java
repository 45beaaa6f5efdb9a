package dev.tensafe.formats.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The right to use files that one process at a time may use: an operating system's lock on a file
 * of its own. It ends with the process at the latest; the lock's file stays. Closed by any thread.
 */
public final class ProcessLock implements AutoCloseable {
  private static final long PATIENCE_NANOS = 10_000_000_000L;
  private static final long PAUSE_NANOS = 1_000_000;

  private final FileChannel channel;

  private ProcessLock(FileChannel channel) {
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
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      FileLock lock = tryLock(channel);
      taken = lock != null;
      return taken ? Optional.of(new ProcessLock(channel)) : Optional.empty();
    } finally {
      if (!taken) {
        channel.close();
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

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Gives the lock back; a second time does nothing. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is written through the channel, and the lock ends with the process at the latest.
    }
  }
}
