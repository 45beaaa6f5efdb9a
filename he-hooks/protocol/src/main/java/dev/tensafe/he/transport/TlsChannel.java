package dev.tensafe.he.transport;

import dev.tensafe.he.wire.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Frames over TLS. Its reads wait for as long as they take. */
final class TlsChannel implements FrameChannel {
  private static final Logger LOG = LoggerFactory.getLogger(TlsChannel.class);
  private static final int PIECE = 1 << 14;

  private final SSLSocket socket;
  private final Socket plain;
  private final TlsSide side;
  private final PeerIdentity peer;
  private final InputStream in;
  private final OutputStream out;
  private final BufferPool pool = new BufferPool();
  private final FrameAssembly frames = new FrameAssembly(this::read, pool);

  /** Whether the other side has said anything, and so accepted this one. */
  private volatile boolean heard;

  private final byte[] reading = new byte[PIECE];
  private final byte[] writing = new byte[4 * PIECE];

  /**
   * @param socket after its handshake; closed with this
   * @param plain below it
   * @param side that this process is
   */
  TlsChannel(SSLSocket socket, Socket plain, TlsSide side, PeerIdentity peer) throws IOException {
    this.socket = socket;
    this.plain = plain;
    this.side = side;
    this.peer = peer;
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  private int read(ByteBuffer into) throws IOException {
    int count;
    try {
      count = in.read(reading, 0, Math.min(PIECE, into.remaining()));
    } catch (IOException e) {
      // who listens may refuse this side's certificate after the handshake has ended here
      throw heard ? e : side.unheard(e);
    }
    if (count > 0) {
      heard = true;
      into.put(reading, 0, count);
    }
    return count;
  }

  @Override
  public void send(ByteBuffer frame) throws IOException {
    while (frame.hasRemaining()) {
      int count = Math.min(writing.length, frame.remaining());
      frame.get(writing, 0, count);
      try {
        out.write(writing, 0, count);
      } catch (IOException e) {
        throw heard ? e : side.unheard(e);
      }
    }
    out.flush();
  }

  @Override
  public @Nullable Frame receive(int maxPayload) throws IOException {
    return frames.next(maxPayload);
  }

  @Override
  public void release(Frame frame) {
    pool.give(frame.payload());
  }

  @Override
  public PeerIdentity peer() {
    return peer;
  }

  @Override
  public void close() {
    try {
      // the socket below first: closing TLS in order may block behind a write that does
      plain.close();
      socket.close();
    } catch (IOException e) {
      LOG.debug("closing a socket: {}", e.toString());
    }
  }
}
