package dev.tensafe.model.exec;

import dev.tensafe.model.shape.ModelException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Holds an executor to one caller at a time, whichever thread it is on: a call during another one
 * or after the close is refused instead of reaching memory that is in use or gone. What a call did
 * is visible to the next one. Thread-safe; not reentrant.
 */
public final class SerialUse {
  private enum State {
    FREE,
    IN_USE,
    CLOSED
  }

  /** A call under way; closing it ends it. */
  public interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.FREE);
  private final Turn turn = () -> state.set(State.FREE);

  /**
   * Begins a call.
   *
   * @throws ModelException {@code model.executor_busy}, {@code model.executor_closed}
   */
  public Turn begin() {
    State before = state.compareAndExchange(State.FREE, State.IN_USE);
    if (before == State.FREE) {
      return turn;
    }
    throw before == State.CLOSED
        ? new ModelException("model.executor_closed", "the executor is closed")
        : busy();
  }

  /**
   * Ends all use.
   *
   * @return false when it had ended before
   * @throws ModelException {@code model.executor_busy} during a call
   */
  public boolean close() {
    State before = state.compareAndExchange(State.FREE, State.CLOSED);
    if (before == State.IN_USE) {
      throw busy();
    }
    return before == State.FREE;
  }

  private static ModelException busy() {
    return new ModelException(
        "model.executor_busy",
        "another call of the executor is under way; one at a time is possible");
  }
}
