package dev.tensafe.he;

import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The connections of an adapter host that changes some of its answers, and sees what a model host
 * then does.
 */
public final class TamperedAnswers {
  /** Bytes of a frame before the answers: its head, and theirs. */
  private static final int HEAD = Frame.HEAD_BYTES + 16;

  private final List<List<FrameType>> received = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable Change> next = new AtomicReference<>();

  /** Changes the answers of one message. */
  public interface Change {
    /**
     * @param frame to be written to
     * @param answers index of the first byte
     */
    void apply(ByteBuffer frame, int answers);
  }

  /** Adds or subtracts 2^bit of the first of a message's numbers of 50 bits. */
  public static Change flip(int bit) {
    return (frame, at) -> frame.put(at + bit / 8, (byte) (frame.get(at + bit / 8) ^ 1 << bit % 8));
  }

  /** Makes the first number one that is no residue. */
  public static Change noResidue() {
    return (frame, at) -> {
      for (int i = 0; i < 6; i++) {
        frame.put(at + i, (byte) 0xff);
      }
      frame.put(at + 6, (byte) (frame.get(at + 6) | 3));
    };
  }

  /** Changes the next message of answers. */
  public void arm(Change change) {
    next.set(change);
  }

  /** What came over a connection, by the order of connections. */
  public List<FrameType> received(int connection) {
    return new ArrayList<>(received.get(connection));
  }

  public int connections() {
    return received.size();
  }

  /** A connection that does it, at the adapter host's end. */
  public FrameChannel wrap(FrameChannel channel) {
    List<FrameType> own = new CopyOnWriteArrayList<>();
    received.add(own);
    return new ForwardingChannel(channel) {
      @Override
      public Frame receive(int maxPayload) throws IOException {
        Frame frame = super.receive(maxPayload);
        if (frame != null) {
          own.add(frame.type());
        }
        return frame;
      }

      @Override
      public void send(ByteBuffer frame) throws IOException {
        int at = frame.position();
        if (frame.get(at + 4) == FrameType.ANSWERS.id()) {
          Change change = next.getAndSet(null);
          if (change != null) {
            change.apply(frame, at + HEAD);
          }
        }
        super.send(frame);
      }
    };
  }
}
