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
 * The connections of an adapter host that changes some of what it sends, and sees what a model host
 * then does.
 */
public final class TamperedAnswers {
  /** Bytes of a frame before the answers: its head, and theirs. */
  private static final int HEAD = Frame.HEAD_BYTES + 16;

  private final List<List<FrameType>> received = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable Change> next = new AtomicReference<>();
  private final AtomicReference<@Nullable ByteBuffer> injected = new AtomicReference<>();
  private volatile FrameType type = FrameType.ANSWERS;

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
    arm(FrameType.ANSWERS, change);
  }

  /** Changes the next message of a type, after the first 16 bytes of its payload. */
  public void arm(FrameType of, Change change) {
    type = of;
    next.set(change);
  }

  /** Sends a frame more, after the next answers. */
  public void inject(FrameType of, ByteBuffer payload) {
    ByteBuffer frame = ByteBuffer.allocateDirect(Frame.HEAD_BYTES + payload.remaining());
    Frame.putHead(frame, of, payload.remaining());
    injected.set(frame.put(payload).flip());
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
      public void send(ByteBuffer frame) {
        int at = frame.position();
        int sent = frame.get(at + 4);
        if (sent == type.id()) {
          Change change = next.getAndSet(null);
          if (change != null) {
            change.apply(frame, at + HEAD);
          }
        }
        try {
          super.send(frame);
          ByteBuffer more = sent == FrameType.ANSWERS.id() ? injected.getAndSet(null) : null;
          if (more != null) {
            super.send(more);
          }
        } catch (IOException e) {
          // the other side has closed: what it sent before that is still to be seen
        }
      }
    };
  }
}
