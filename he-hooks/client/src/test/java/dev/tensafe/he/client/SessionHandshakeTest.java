package dev.tensafe.he.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.HeException;
import dev.tensafe.he.Profile;
import dev.tensafe.he.transport.EmbeddedChannel;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.Possession;
import dev.tensafe.tssp.keys.RecipientKey;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

/** A model host begins no session with what is no adapter host of its version. */
class SessionHandshakeTest {
  private static final RecipientKey KEY = RecipientKey.generate(new SecureRandom());

  /** What comes of an adapter host that answers a hello like this, and its connection. */
  private static HeException refused(FrameType type, ByteBuffer payload) throws Exception {
    EmbeddedChannel.Pair pair = EmbeddedChannel.pair();
    pair.host().send(type, payload);
    HeException e =
        assertThrows(
            HeException.class,
            () -> SessionHandshake.of(pair.client(), Profile.FAST, false, key -> {}));
    assertEquals(null, pair.client().receive(1 << 20), "the connection is closed");
    return e;
  }

  private static Hello.Host hello(int version) {
    return new Hello.Host(version, new byte[32], KEY.publicKey(), 1 << 20, 64);
  }

  @Test
  void anotherVersionIsRefusedByEitherSide() throws Exception {
    HeException other = refused(FrameType.HOST_HELLO, hello(1).encode());
    assertEquals("he.protocol", other.code());
    assertTrue(other.description().contains("version 1"), other.description());
    HeException told = refused(FrameType.CLOSE, ControlMessages.close(CloseReason.VERSION));
    assertEquals("he.connection", told.code());
    assertTrue(told.description().contains("another version"), told.description());
  }

  @Test
  void aHostThatFindsTheHelloBrokenIsToldFromOneThatIsAway() throws Exception {
    HeException broken = refused(FrameType.CLOSE, ControlMessages.close(CloseReason.PROTOCOL));
    assertEquals("he.protocol", broken.code());
    HeException away = refused(FrameType.CLOSE, ControlMessages.close(CloseReason.STOPPING));
    assertEquals("he.connection", away.code());
  }

  @Test
  void whatIsNoHelloIsRefused() throws Exception {
    assertEquals("he.protocol", refused(FrameType.READY, ByteBuffer.allocate(0)).code());
    assertEquals("he.protocol", refused(FrameType.HOST_HELLO, ByteBuffer.allocate(84)).code());
    ByteBuffer shorter = hello(2).encode();
    shorter.limit(shorter.limit() - 1);
    assertEquals("he.protocol", refused(FrameType.HOST_HELLO, shorter).code());
  }

  @Test
  void whoDoesNotHoldTheKeyItNamesIsRefused() throws Exception {
    EmbeddedChannel.Pair pair = EmbeddedChannel.pair();
    pair.host().send(FrameType.HOST_HELLO, hello(2).encode());
    pair.host().send(FrameType.READY, ByteBuffer.allocate(Possession.BYTES));
    HeException e =
        assertThrows(
            HeException.class,
            () -> SessionHandshake.of(pair.client(), Profile.FAST, false, key -> {}));
    assertEquals("he.protocol", e.code());
    assertTrue(e.description().contains("does not hold"), e.description());
  }

  @Test
  void aHostThatTakesTracesUnaskedIsRefused() throws Exception {
    Hello.Host traced = new Hello.Host(2, new byte[32], KEY.publicKey(), 1 << 20, 64, true);
    assertEquals("he.protocol", refused(FrameType.HOST_HELLO, traced.encode()).code());
  }

  @Test
  void noSessionBeginsWithAKeyThatIsNotAdmitted() throws Exception {
    EmbeddedChannel.Pair pair = EmbeddedChannel.pair();
    pair.host().send(FrameType.HOST_HELLO, hello(2).encode());
    HeException barred = new HeException(HeException.Reason.BARRED, "barred");
    HeException e =
        assertThrows(
            HeException.class,
            () ->
                SessionHandshake.of(
                    pair.client(),
                    Profile.FAST,
                    false,
                    key -> {
                      assertEquals(KEY.publicKey().id(), key);
                      throw barred;
                    }));
    assertSame(barred, e);
    Frame hello = pair.host().receive(1 << 20);
    assertEquals(FrameType.CLIENT_HELLO, hello.type());
    assertNull(pair.host().receive(1 << 20), "nothing but a hello was sent");
  }
}
