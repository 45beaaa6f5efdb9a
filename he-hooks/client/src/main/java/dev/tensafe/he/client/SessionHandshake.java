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
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import java.io.IOException;
import java.security.SecureRandom;

/**
 * The result of a handshake.
 *
 * @param key of this session, to be closed with it
 * @param host the other side's hello
 */
record SessionHandshake(SecretKey key, Hello.Host host) {
  /**
   * Exchanges hellos and keys.
   *
   * @param channel closed when this fails
   */
  static SessionHandshake of(FrameChannel channel, Profile profile, CkksContext context)
      throws IOException {
    SecretKey key = SecretKey.generate(context);
    try {
      byte[] nonce = new byte[Hello.NONCE_BYTES];
      new SecureRandom().nextBytes(nonce);
      Hello.Client hello = new Hello.Client(Hello.VERSION, profile, nonce, key.maskSeed());
      channel.send(FrameType.CLIENT_HELLO, hello.encode());
      Frame first = require(channel, FrameType.HOST_HELLO);
      Hello.Host host = Hello.Host.decode(first.payload());
      channel.release(first);
      try (PublicKey publicKey = PublicKey.of(key, Hello.publicKeySeed(hello, host))) {
        channel.send(FrameType.PUBLIC_KEY, publicKey.message());
      }
      Frame second = require(channel, FrameType.READY);
      ControlMessages.requireEmpty(second.payload());
      channel.release(second);
      return new SessionHandshake(key, host);
    } catch (IOException | RuntimeException e) {
      key.close();
      channel.close();
      throw e;
    }
  }

  private static Frame require(FrameChannel channel, FrameType type) throws IOException {
    Frame frame = channel.receive(Frame.MAX_EARLY_PAYLOAD);
    if (frame == null) {
      throw new IOException("the adapter host ended the connection");
    }
    if (frame.type() == FrameType.CLOSE) {
      throw closed(ControlMessages.readClose(frame.payload()));
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
        });
  }
}
