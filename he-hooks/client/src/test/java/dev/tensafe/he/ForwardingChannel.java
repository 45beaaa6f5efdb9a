package dev.tensafe.he;

import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.PeerIdentity;
import dev.tensafe.he.wire.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A connection that changes nothing. */
public class ForwardingChannel implements FrameChannel {
  private final FrameChannel inner;

  public ForwardingChannel(FrameChannel inner) {
    this.inner = inner;
  }

  @Override
  public void send(ByteBuffer frame) throws IOException {
    inner.send(frame);
  }

  @Override
  public Frame receive(int maxPayload) throws IOException {
    return inner.receive(maxPayload);
  }

  @Override
  public boolean timed() {
    return inner.timed();
  }

  @Override
  public Frame receive(int maxPayload, long deadlineNanos) throws IOException {
    return inner.receive(maxPayload, deadlineNanos);
  }

  @Override
  public void release(Frame frame) {
    inner.release(frame);
  }

  @Override
  public PeerIdentity peer() {
    return inner.peer();
  }

  @Override
  public void close() {
    inner.close();
  }
}
