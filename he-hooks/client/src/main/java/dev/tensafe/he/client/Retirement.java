package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.LaneMessages;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends the use of lanes: wipes them, and has the other side wipe its part. Both take time, which is
 * not the engine's. Thread-safe.
 */
final class Retirement implements AutoCloseable {
  private static final int MOST = 4_096;

  private final ClientWriter writer;
  private final SessionTasks tasks;

  /** Held from wiping lanes to having told: who flushes finds no other half way. */
  private final Object flushing = new Object();

  @GuardedBy("this")
  private List<Lane> waiting = new ArrayList<>();

  Retirement(ClientWriter writer, SessionTasks tasks) {
    this.writer = writer;
    this.tasks = tasks;
  }

  /** Takes a lane that nobody will use; it is wiped soon. */
  void retire(Lane lane) {
    boolean first;
    synchronized (this) {
      first = waiting.isEmpty();
      waiting.add(lane);
    }
    if (first) {
      tasks.submit(this::flush);
    }
  }

  /** Wipes what is waiting, and tells the other side; may block for a time. */
  void flush() {
    synchronized (flushing) {
      wipe();
    }
  }

  private void wipe() {
    List<Lane> lanes = take();
    lanes.forEach(Lane::close);
    for (int from = 0; from < lanes.size(); from += MOST) {
      List<Long> some =
          lanes.subList(from, Math.min(lanes.size(), from + MOST)).stream()
              .map(Lane::number)
              .toList();
      writer.tell(FrameType.RETIRE, new LaneMessages.Retire(some).encode());
    }
  }

  private synchronized List<Lane> take() {
    List<Lane> taken = waiting;
    waiting = new ArrayList<>();
    return taken;
  }

  /** Wipes what is waiting. */
  @Override
  public void close() {
    take().forEach(Lane::close);
  }
}
