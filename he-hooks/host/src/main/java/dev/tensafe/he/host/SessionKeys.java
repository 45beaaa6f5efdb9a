package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.Profile;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.MaskExpander;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.Rerandomizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An adapter host's part of a session's keys: the expander of the ciphertexts' public halves, and
 * encryptions of zero under its public key.
 */
record SessionKeys(
    Profile profile,
    CkksContext context,
    MaskExpander masks,
    PublicKey publicKey,
    Rerandomizer rerandomizer)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SessionKeys.class);

  /** Receives the next frame. */
  interface Receiver {
    @Nullable Frame receive(int maxPayload) throws IOException;
  }

  /** Sends one. */
  interface Sender {
    void send(FrameType type, ByteBuffer payload) throws IOException;
  }

  /**
   * Exchanges hellos and keys.
   *
   * @return null if the other side left, or speaks another version
   * @throws HeException {@code he.protocol}
   */
  static @Nullable SessionKeys exchange(
      AdapterHost host, FrameChannel channel, Receiver in, Sender out) throws IOException {
    Frame first = in.receive(Frame.MAX_EARLY_PAYLOAD);
    if (first == null) {
      return null;
    }
    Hello.Client client = Hello.Client.decode(require(first, FrameType.CLIENT_HELLO));
    channel.release(first);
    if (client.version() != Hello.VERSION) {
      host.stats.broken();
      LOG.warn("{} speaks version {}, not {}", channel.peer(), client.version(), Hello.VERSION);
      out.send(FrameType.CLOSE, ControlMessages.close(CloseReason.VERSION));
      return null;
    }
    byte[] nonce = new byte[Hello.NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    Hello.Host answer =
        new Hello.Host(
            Hello.VERSION, nonce, host.keyId(), host.limits.maxPayload(), host.limits.maxTokens());
    out.send(FrameType.HOST_HELLO, answer.encode());
    Frame second = in.receive(Frame.MAX_EARLY_PAYLOAD);
    if (second == null) {
      return null;
    }
    CkksContext context = host.tools.of(client.profile()).context();
    PublicKey publicKey =
        PublicKey.read(
            context, require(second, FrameType.PUBLIC_KEY), Hello.publicKeySeed(client, answer));
    channel.release(second);
    SessionKeys keys =
        new SessionKeys(
            client.profile(),
            context,
            MaskExpander.of(client.maskSeed()),
            publicKey,
            Rerandomizer.of(publicKey, host.limits.poolCapacity()));
    out.send(FrameType.READY, ByteBuffer.allocate(0));
    return keys;
  }

  private static ByteBuffer require(Frame frame, FrameType type) {
    if (frame.type() != type) {
      throw new HeException(Reason.PROTOCOL, "a " + frame.type() + " where " + type + " is due");
    }
    return frame.payload();
  }

  @Override
  public void close() {
    rerandomizer.close();
    publicKey.close();
    masks.close();
  }

  /** The profile: the rest is a session's own. */
  @Override
  public String toString() {
    return "SessionKeys[" + profile + "]";
  }
}
