package dev.tensafe.he.host;

import dev.tensafe.formats.CodedException;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapter host's end of one connection, from hello to close:
 *
 * <pre>
 * hello ──▶ challenge ──▶ ready ── CLOSE, end of the connection ──▶ ended
 *   └───────────┴───────────┴── a failure, abort() ──────────────────▲
 * </pre>
 *
 * <p>Whatever does not belong to a state, and whatever is malformed, ends this connection with a
 * logged reason and touches no other. One thread runs it and owns what is open in it. Any thread
 * may tell it to drain, which changes no state here: the model host ends a session that drains.
 */
final class HostSession {
  private static final Logger LOG = LoggerFactory.getLogger(HostSession.class);

  private final AdapterHost host;
  private final FrameChannel channel;
  private final String account;
  private final HostWriter writer;
  private volatile long lastReceived = System.nanoTime();
  private volatile boolean ready;

  HostSession(AdapterHost host, FrameChannel channel) {
    this.host = host;
    this.channel = channel;
    this.account = host.clients.accounts().of(channel.peer());
    this.writer = new HostWriter(channel, host.stats);
  }

  /** When a frame last came or went, on {@link System#nanoTime}'s scale. */
  long lastActivity() {
    long sent = writer.lastSent();
    long received = lastReceived;
    return sent - received > 0 ? sent : received;
  }

  /** The account of its client. */
  String account() {
    return account;
  }

  /** Whether the handshake is over. */
  boolean isReady() {
    return ready;
  }

  /** Serves until the connection ends; closes it. */
  void run() {
    if (!host.sessions.enter(this)) {
      close(host.isDraining() ? CloseReason.STOPPING : CloseReason.TOO_MANY);
      writer.close();
      return;
    }
    try {
      serve();
    } catch (IOException e) {
      LOG.info("session of {} ended: {}", label(), e.toString());
    } catch (CodedException e) {
      host.stats.broken();
      LOG.warn("session of {} is closed: {}: {}", label(), e.code(), e.description());
      if (e instanceof HeException he && he.reason() == Reason.BARRED) {
        bar(e.description());
      } else {
        close(CloseReason.PROTOCOL);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("session of {} failed", label(), e);
    } finally {
      host.sessions.leave(this);
      channel.close();
      writer.close();
    }
  }

  private String label() {
    return channel.peer().label();
  }

  /** Ends this session, and all others of its account, for good. */
  private void bar(String reason) {
    host.stats.barred();
    host.clients.barred().add(account, reason);
    close(CloseReason.BARRED);
    host.sessions.abort(account);
  }

  private void serve() throws IOException {
    SessionKeys keys = new HostHandshake(host, channel, this::receive, writer).run(account);
    if (keys == null) {
      channel.close();
      return;
    }
    BufferPool buffers = new BufferPool();
    try (keys;
        HostLanes lanes = new HostLanes(host, keys, writer);
        HostOpenAdapters open = new HostOpenAdapters(host, keys, account, lanes, writer);
        SessionTraces traces = new SessionTraces(host.tracer(), open, keys.traces())) {
      HostFrames frames = new HostFrames(host, keys, account, lanes, open, writer, buffers, traces);
      host.stats.began();
      ready = true;
      LOG.info("session of {} with profile {}", label(), keys.profile().label());
      if (host.isDraining()) {
        drain();
      }
      for (Frame f = receive(host.limits.maxPayload());
          f != null;
          f = receive(host.limits.maxPayload())) {
        try {
          if (!handle(f, frames)) {
            return;
          }
        } finally {
          channel.release(f);
        }
      }
    }
  }

  private @Nullable Frame receive(int maxPayload) throws IOException {
    Frame frame = channel.receive(maxPayload);
    lastReceived = System.nanoTime();
    return frame;
  }

  /** Handles a frame of a session that is ready; false for the last one. */
  private boolean handle(Frame frame, HostFrames frames) throws IOException {
    ByteBuffer payload = frame.payload();
    switch (frame.type()) {
      case PING ->
          writer.send(FrameType.PONG, ControlMessages.number(ControlMessages.readNumber(payload)));
      case CLOSE -> {
        LOG.info("session of {} ends: {}", label(), ControlMessages.readClose(payload));
        return false;
      }
      default -> frames.handle(frame.type(), payload);
    }
    return true;
  }

  /** Asks the model host to end this session. Any thread. */
  void drain() {
    if (ready) {
      try {
        writer.send(FrameType.DRAINING, ByteBuffer.allocate(0));
      } catch (IOException e) {
        channel.close();
      }
    }
  }

  private void close(CloseReason reason) {
    try {
      writer.send(FrameType.CLOSE, ControlMessages.close(reason));
    } catch (IOException e) {
      // it is gone already
    }
    channel.close();
  }

  /** Ends it, whatever it does. Any thread. */
  void abort() {
    channel.close();
  }
}
