package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.Profile;
import dev.tensafe.he.Setting;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.PaddedRuns;
import dev.tensafe.he.wire.Possession;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.PublicHalves;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.nativelib.ckks.SecretKind;
import dev.tensafe.tssp.keys.Encapsulation;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a client sends ends its own connection at most; a good one beside it goes on. */
class HostileClientTest {
  @TempDir Path directory;
  private Setting setting;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @BeforeEach
  void start() throws Exception {
    System.out.println("seed " + seed);
    setting = new Setting(directory, Setting.config(Profile.FAST, 0), (host, verified) -> {});
  }

  @AfterEach
  void stop() {
    goodOneStillServed();
    setting.close();
  }

  private void goodOneStillServed() {
    Map<ProjectionGroup, float[][]> inputs = new HashMap<>();
    for (ProjectionGroup group : setting.groups(1)) {
      inputs.put(group, Setting.random(3, group.in(), random));
    }
    assertEquals(Map.of(), setting.step(inputs, 3).failures());
  }

  /** A raw connection. */
  private final class Raw implements AutoCloseable {
    final SocketChannel socket;
    final CkksContext context = CkksContext.open(Profile.FAST.parameters());
    PublicHalves halves;

    Raw() throws IOException {
      Address.Unix address = (Address.Unix) setting.address;
      socket = SocketChannel.open(UnixDomainSocketAddress.of(address.path()));
    }

    void send(byte[] bytes) throws IOException {
      try {
        ByteBuffer all = ByteBuffer.wrap(bytes);
        while (all.hasRemaining()) {
          socket.write(all);
        }
      } catch (IOException e) {
        // it has been closed already
      }
    }

    void send(int type, ByteBuffer payload) throws IOException {
      ByteBuffer frame = ByteBuffer.allocate(8 + payload.remaining());
      frame.putInt(payload.remaining()).put((byte) type).put(new byte[3]).put(payload);
      send(frame.array());
    }

    /** The next frame's type and payload, or null at the end. */
    ByteBuffer receive() throws IOException {
      ByteBuffer head = ByteBuffer.allocate(8);
      if (!fill(head)) {
        return null;
      }
      ByteBuffer payload = ByteBuffer.allocate(head.getInt(0));
      assertTrue(fill(payload));
      return ByteBuffer.allocate(1 + payload.capacity())
          .put(head.get(4))
          .put(payload.flip())
          .flip();
    }

    private boolean fill(ByteBuffer buffer) throws IOException {
      while (buffer.hasRemaining()) {
        if (socket.read(buffer) < 0) {
          return false;
        }
      }
      return true;
    }

    /** Reads until the host closes the connection; true if it said it was a broken protocol. */
    boolean closedForCause() throws IOException {
      boolean cause = false;
      try {
        for (ByteBuffer frame = receive(); frame != null; frame = receive()) {
          cause |= frame.get(0) == FrameType.CLOSE.id() && frame.getShort(1) == 3;
        }
      } catch (IOException e) {
        return true;
      }
      return cause;
    }

    /** A session that stands. */
    void begin() throws IOException {
      Hello.Client hello = new Hello.Client(2, Profile.FAST, new byte[32], new byte[32]);
      send(FrameType.CLIENT_HELLO.id(), hello.encode());
      ByteBuffer answer = receive();
      assertEquals(FrameType.HOST_HELLO.id(), answer.get());
      Hello.Host host = Hello.Host.decode(answer);
      Encapsulation challenge = host.key().encapsulate(new SecureRandom());
      send(FrameType.CHALLENGE.id(), Possession.challenge(challenge.ciphertext()));
      ByteBuffer proof = receive();
      assertEquals(FrameType.READY.id(), proof.get());
      Possession.require(
          proof, Possession.proof(challenge.sharedSecret(), hello, host, challenge.ciphertext()));
      halves = PublicHalves.of(context, Hello.publicSeed(hello, host));
    }

    /** A lane that may be used: of a batch of two, one is shown and one is left. */
    long lane(long first) throws IOException {
      byte[][] seeds = new byte[2][32];
      List<ByteBuffer> keys = new ArrayList<>();
      List<byte[]> hashes = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        random.nextBytes(seeds[i]);
        try (SecretKey secret = SecretKey.derive(context, SecretKind.UNIFORM, seeds[i]);
            PublicKey publicKey = PublicKey.of(secret, halves)) {
          keys.add(publicKey.message());
          hashes.add(LaneMessages.hash(first + i, keys.get(i)));
        }
      }
      send(FrameType.LANES.id(), new LaneMessages.Lanes(first, hashes).encode());
      ByteBuffer choice = receive();
      assertEquals(FrameType.OPEN_LANES.id(), choice.get());
      int shown = LaneMessages.OpenLanes.decode(choice).opened().nextSetBit(0);
      send(
          FrameType.LANE_SEEDS.id(), new LaneMessages.Seeds(first, List.of(seeds[shown])).encode());
      int kept = 1 - shown;
      ByteBuffer payload = ByteBuffer.allocate(8 + keys.get(kept).remaining());
      new LaneMessages.Key(first + kept).encode(payload);
      send(FrameType.LANE_KEY.id(), payload.put(keys.get(kept)).flip());
      return first + kept;
    }

    void open(byte[] digest) throws IOException {
      send(FrameType.OPEN.id(), new AdapterMessages.Open(1, digest).encode());
      assertEquals(FrameType.OPENED.id(), receive().get());
    }

    @Override
    public void close() throws IOException {
      socket.close();
      if (halves != null) {
        halves.close();
      }
      context.close();
    }
  }

  private void refused(byte[] bytes) throws IOException {
    long before = setting.host.stats().brokenConnections();
    try (Raw raw = new Raw()) {
      raw.send(bytes);
      raw.socket.shutdownOutput();
      raw.closedForCause();
    }
    Setting.await(
        "the session to end",
        () ->
            setting.host.openSessions() == 1 && setting.host.stats().brokenConnections() >= before);
  }

  @Test
  void garbageInPlaceOfAHello() throws Exception {
    for (int i = 0; i < 200; i++) {
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      refused(bytes);
    }
    // lengths that nothing of this kind has
    refused(HexFormat.of().parseHex("ffffffff01000000"));
    refused(HexFormat.of().parseHex("7fffffff01000000"));
    refused(HexFormat.of().parseHex("0002000101000000"));
    assertTrue(setting.host.stats().brokenConnections() > 100);
  }

  @Test
  void helloOfAnotherVersionIsToldSo() throws Exception {
    Hello.Client hello = new Hello.Client(1, Profile.FAST, new byte[32], new byte[32]);
    try (Raw raw = new Raw()) {
      raw.send(FrameType.CLIENT_HELLO.id(), hello.encode());
      ByteBuffer answer = raw.receive();
      assertEquals(FrameType.CLOSE.id(), answer.get());
      assertEquals(2, answer.getShort());
    }
  }

  @Test
  void everyFrameThatDoesNotBelongEndsTheSession() throws Exception {
    for (int type = 0; type < 28; type++) {
      for (int length : new int[] {0, 1, 7, 16, 24, 36, 100, 5000}) {
        try (Raw raw = new Raw()) {
          raw.begin();
          byte[] payload = new byte[length];
          random.nextBytes(payload);
          raw.send(type, ByteBuffer.wrap(payload));
          raw.socket.shutdownOutput();
          // a ping of 8 bytes, an unknown adapter or forgetting one are no offence
          raw.closedForCause();
        }
      }
    }
    goodOneStillServed();
  }

  @Test
  void evaluationsThatCannotBe() throws Exception {
    GroupId group = new GroupId(0, 0);
    for (int kind = 0; kind < 6; kind++) {
      try (Raw raw = new Raw()) {
        raw.begin();
        raw.open(HexFormat.of().parseHex(setting.adapter.digest()));
        long lane = raw.lane(1);
        ByteBuffer payload = ByteBuffer.allocate(5000);
        switch (kind) {
          case 0 -> new EvaluationMessages.Evaluate(1, 9, group, lane).encode(payload);
          case 1 -> new EvaluationMessages.Evaluate(1, 1, new GroupId(77, 0), lane).encode(payload);
          case 2 -> new EvaluationMessages.Evaluate(1, 1, group, lane + 2).encode(payload);
          case 3 -> new EvaluationMessages.Evaluate(1, 1, group, lane).encode(payload);
          default -> {
            PaddedRuns runs = new PaddedRuns();
            runs.add(lane + (kind == 4 ? 0 : 2), 4, 0, 1);
            new EvaluationMessages.Padded(1, 1, group).encode(runs, payload);
            // one token of 128 columns
            payload.limit(payload.position() + 800);
          }
        }
        boolean padded = kind > 3;
        FrameType type = padded ? FrameType.EVALUATE_PADDED : FrameType.EVALUATE;
        raw.send(type.id(), payload.rewind());
        assertTrue(raw.closedForCause(), "kind " + kind);
      }
    }
  }

  @Test
  void tooManyBlocksOfPadsAndBlocksUsedTwice() throws Exception {
    for (int[] blocks : new int[][] {{1, 2, 3, 4, 5}, {2, 1}, {3, 3}, {0}}) {
      try (Raw raw = new Raw()) {
        raw.begin();
        raw.open(HexFormat.of().parseHex(setting.adapter.digest()));
        for (int block : blocks) {
          raw.send(
              FrameType.PREPARE.id(),
              new EvaluationMessages.Prepare(1, block, 32, block * 1000L).encode());
        }
        assertTrue(raw.closedForCause());
      }
    }
  }

  @Test
  void whatIsNotThereIsRefusedAndTheSessionGoesOn() throws Exception {
    try (Raw raw = new Raw()) {
      raw.begin();
      raw.send(FrameType.OPEN.id(), new AdapterMessages.Open(1, new byte[32]).encode());
      ByteBuffer refused = raw.receive();
      assertEquals(FrameType.REFUSED.id(), refused.get());
      assertEquals(1, AdapterMessages.Refused.decode(refused).refusal().id());
      raw.send(FrameType.PING.id(), ControlMessages.number(42));
      ByteBuffer pong = raw.receive();
      assertEquals(FrameType.PONG.id(), pong.get());
      assertEquals(42, pong.getLong());
      assertFalse(setting.host.isDraining());
    }
  }
}
