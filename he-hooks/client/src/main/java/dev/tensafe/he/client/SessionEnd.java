package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.transport.FrameChannel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The end of a session, and its reason: the first one stands. The end closes the connection, which
 * wakes whoever sends or receives. Any thread may end a session; none blocks.
 */
final class SessionEnd {
  private final FrameChannel channel;
  private final AtomicReference<@Nullable HeException> reason = new AtomicReference<>();

  SessionEnd(FrameChannel channel) {
    this.channel = channel;
  }

  /** Ends the session. The other side is not told. */
  void end(HeException why) {
    reason.compareAndSet(null, why);
    channel.close();
  }

  /** Closes a connection that has failed; the receiving thread finds out and gives the reason. */
  void disconnect() {
    channel.close();
  }

  Optional<HeException> reason() {
    return Optional.ofNullable(reason.get());
  }

  /**
   * @throws HeException why the session ended, if it has
   */
  void requireStanding() {
    HeException over = reason.get();
    if (over != null) {
      throw over;
    }
  }
}
