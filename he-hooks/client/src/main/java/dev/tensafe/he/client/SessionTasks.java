package dev.tensafe.he.client;

import dev.tensafe.he.HeException;

/**
 * What one session has done in its link's task thread: whatever takes time, and whatever sends and
 * is no evaluation. One that fails ends the session; none runs after the end. Thread-safe.
 */
final class SessionTasks {
  private final TaskThread thread;
  private final SessionEnd end;

  SessionTasks(TaskThread thread, SessionEnd end) {
    this.thread = thread;
    this.end = end;
  }

  void submit(Runnable task) {
    thread.submit(
        () -> {
          if (end.reason().isPresent()) {
            return;
          }
          try {
            task.run();
          } catch (HeException e) {
            end.end(e);
          }
        });
  }
}
