package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.Possession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The beginning of a session: hellos, and the proof that this host holds its recipient key. */
final class HostHandshake {
  private static final Logger LOG = LoggerFactory.getLogger(HostHandshake.class);

  private final AdapterHost host;
  private final FrameChannel channel;
  private final Receiver in;
  private final HostWriter writer;

  /** Receives the next frame. */
  interface Receiver {
    @Nullable Frame receive(int maxPayload) throws IOException;
  }

  HostHandshake(AdapterHost host, FrameChannel channel, Receiver in, HostWriter writer) {
    this.host = host;
    this.channel = channel;
    this.in = in;
    this.writer = writer;
  }

  /**
   * Goes through it.
   *
   * @param account of the client
   * @return null if the other side left, speaks another version, or is barred
   * @throws HeException {@code he.protocol}
   */
  @Nullable SessionKeys run(String account) throws IOException {
    Frame first = in.receive(Frame.MAX_EARLY_PAYLOAD);
    if (first == null) {
      return null;
    }
    Hello.Client client = Hello.Client.decode(require(first, FrameType.CLIENT_HELLO));
    channel.release(first);
    if (client.version() != Hello.VERSION) {
      host.stats.broken();
      LOG.warn(
          "{} speaks version {} of the protocol, not {}",
          channel.peer().label(),
          client.version(),
          Hello.VERSION);
      writer.send(FrameType.CLOSE, ControlMessages.close(CloseReason.VERSION));
      return null;
    }
    if (host.clients.barred().contains(account)) {
      host.stats.barred();
      LOG.warn("{} is not served: its account '{}' is barred", channel.peer().label(), account);
      writer.send(FrameType.CLOSE, ControlMessages.close(CloseReason.BARRED));
      return null;
    }
    byte[] nonce = new byte[Hello.NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    Hello.Host answer =
        new Hello.Host(
            Hello.VERSION,
            nonce,
            host.publicKey(),
            host.limits.maxPayload(),
            host.limits.maxTokens(),
            client.traces() && host.tracer() != HostTracer.NONE);
    writer.send(FrameType.HOST_HELLO, answer.encode());
    Frame second = in.receive(Frame.MAX_EARLY_PAYLOAD);
    if (second == null) {
      return null;
    }
    byte[] challenge = Possession.readChallenge(require(second, FrameType.CHALLENGE));
    channel.release(second);
    byte[] proof = proof(client, answer, challenge);
    SessionKeys keys =
        SessionKeys.of(
            client, answer, host.tools.context(client.profile()), host.limits.poolCapacity());
    writer.send(FrameType.READY, ByteBuffer.wrap(proof));
    return keys;
  }

  private byte[] proof(Hello.Client client, Hello.Host answer, byte[] challenge) {
    byte[] secret = host.decapsulate(challenge);
    try {
      return Possession.proof(secret, client, answer, challenge);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  private static ByteBuffer require(Frame frame, FrameType type) {
    if (frame.type() != type) {
      throw new HeException(Reason.PROTOCOL, "a " + frame.type() + " where " + type + " is due");
    }
    return frame.payload();
  }
}
