package dev.tensafe.server.assembly;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Parts that build on one another, closed in reverse order. One that fails to close does not keep
 * the others open. Confined to one thread at a time.
 */
final class OpenedParts implements AutoCloseable {
  private final Deque<Runnable> closers = new ArrayDeque<>();

  /** Adds the part that was opened last, by what closes it. */
  void add(Runnable closer) {
    closers.push(closer);
  }

  /** Closes all because a further part could not be opened; what fails meanwhile is suppressed. */
  void closeAfter(Throwable failure) {
    try {
      close();
    } catch (RuntimeException | Error e) {
      failure.addSuppressed(e);
    }
  }

  /** Closes all; a second time does nothing. Throws the first failure once all are closed. */
  @Override
  public void close() {
    Throwable failure = null;
    while (!closers.isEmpty()) {
      try {
        closers.pop().run();
      } catch (RuntimeException | Error e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw (RuntimeException) failure;
    }
  }
}
