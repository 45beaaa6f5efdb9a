package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.Profile;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.Possession;
import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The result of a handshake: both hellos. The other side has proven that it holds the recipient key
 * in its hello.
 */
record SessionHandshake(Hello.Client client, Hello.Host host) {
  /**
   * Exchanges hellos, and has the other side open something that only the holder of its key can.
   *
   * @param channel closed when this fails
   * @param traces whether to ask if the other side takes traces
   * @param admission throws if there may be no session with the holder of a key
   * @throws HeException {@code he.protocol} also where the other side finds that it is this one
   *     that breaks it, as one does that is older and was asked for traces
   */
  static SessionHandshake of(
      FrameChannel channel, Profile profile, boolean traces, Consumer<KeyId> admission)
      throws IOException {
    try {
      SecureRandom random = new SecureRandom();
      byte[] nonce = new byte[Hello.NONCE_BYTES];
      random.nextBytes(nonce);
      byte[] maskSeed = new byte[32];
      random.nextBytes(maskSeed);
      Hello.Client client = new Hello.Client(Hello.VERSION, profile, nonce, maskSeed, traces);
      channel.send(FrameType.CLIENT_HELLO, client.encode());
      Frame first = require(channel, FrameType.HOST_HELLO);
      Hello.Host host = Hello.Host.decode(first.payload());
      channel.release(first);
      if (host.traces() && !traces) {
        throw new HeException(Reason.PROTOCOL, "the adapter host takes traces unasked");
      }
      admission.accept(host.key().id());
      Encapsulation challenge = host.key().encapsulate(random);
      channel.send(FrameType.CHALLENGE, Possession.challenge(challenge.ciphertext()));
      Frame second = require(channel, FrameType.READY);
      byte[] proof =
          Possession.proof(challenge.sharedSecret(), client, host, challenge.ciphertext());
      Arrays.fill(challenge.sharedSecret(), (byte) 0);
      Possession.require(second.payload(), proof);
      channel.release(second);
      return new SessionHandshake(client, host);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Whether evaluations are said to belong to spans. */
  boolean traces() {
    return client.traces() && host.traces();
  }

  private static Frame require(FrameChannel channel, FrameType type) throws IOException {
    Frame frame = channel.receive(Frame.MAX_EARLY_PAYLOAD);
    if (frame == null) {
      throw new IOException("the adapter host ended the connection");
    }
    if (frame.type() == FrameType.CLOSE) {
      CloseReason reason = ControlMessages.readClose(frame.payload());
      throw reason == CloseReason.PROTOCOL
          ? new HeException(Reason.PROTOCOL, closed(reason).description())
          : closed(reason);
    }
    if (frame.type() != type) {
      throw new HeException(Reason.PROTOCOL, "a " + frame.type() + " where " + type + " is due");
    }
    return frame;
  }

  /** The error for a close by the other side. */
  static HeException closed(CloseReason reason) {
    return new HeException(
        Reason.CONNECTION,
        switch (reason) {
          case BYE -> "the adapter host ended the session";
          case VERSION -> "the adapter host speaks another version of the protocol";
          case PROTOCOL -> "the adapter host found the protocol broken";
          case TOO_MANY -> "the adapter host has too many sessions";
          case STOPPING -> "the adapter host is stopping";
          case BARRED -> "the adapter host has barred this server";
        });
  }
}
