package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.Profile;
import dev.tensafe.he.transport.EmbeddedChannel;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.PeerIdentity;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.PaddedRuns;
import dev.tensafe.he.wire.Possession;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.nativelib.ckks.InputBlock;
import dev.tensafe.nativelib.ckks.LanePads;
import dev.tensafe.nativelib.ckks.MaskExpander;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.PublicHalves;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.tssp.keys.Encapsulation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** A model host that does as it is told, also what an honest one does not, frame by frame. */
final class TestClient implements AutoCloseable {
  private static final int MOST = 1 << 26;

  final CkksContext context;
  final Profile profile;
  final FrameChannel channel;
  Hello.Client hello;
  Hello.Host answer;
  PublicHalves halves;
  MaskExpander masks;
  long nextLane = 1;
  long nextRequest = 1;

  /** A lane as a model host has it. */
  record Lane(long id, SecretKey key, byte[] seed, ByteBuffer message) {}

  /** The model host's half of a block. */
  record Block(int number, int tokens, Map<GroupId, InputBlock> groups) {}

  /** The host's end of a connection, by another identity. */
  private record Named(FrameChannel inner, PeerIdentity peer) implements FrameChannel {
    @Override
    public void send(ByteBuffer frame) throws IOException {
      inner.send(frame);
    }

    @Override
    public Frame receive(int maxPayload) throws IOException {
      return inner.receive(maxPayload);
    }

    @Override
    public void release(Frame frame) {
      inner.release(frame);
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  private TestClient(AdapterHost host, Profile profile, PeerIdentity identity) {
    this.profile = profile;
    this.context = CkksContext.open(profile.parameters());
    EmbeddedChannel.Pair pair = EmbeddedChannel.pair();
    this.channel = pair.client();
    HostSession session = new HostSession(host, new Named(pair.host(), identity));
    Thread thread = new Thread(session::run, "test-session");
    thread.setDaemon(true);
    thread.start();
  }

  /** A session that stands. */
  static TestClient connect(AdapterHost host, Profile profile, PeerIdentity identity)
      throws IOException {
    TestClient client = new TestClient(host, profile, identity);
    client.greet();
    client.answer = Hello.Host.decode(client.expect(FrameType.HOST_HELLO));
    Encapsulation secret = client.answer.key().encapsulate(new SecureRandom());
    client.channel.send(FrameType.CHALLENGE, Possession.challenge(secret.ciphertext()));
    Possession.require(
        client.expect(FrameType.READY),
        Possession.proof(secret.sharedSecret(), client.hello, client.answer, secret.ciphertext()));
    client.halves = PublicHalves.of(client.context, Hello.publicSeed(client.hello, client.answer));
    client.masks = MaskExpander.of(client.hello.maskSeed());
    return client;
  }

  /** Why a session is refused after the hello. */
  static CloseReason refusal(AdapterHost host, PeerIdentity identity) throws IOException {
    try (TestClient client = new TestClient(host, Profile.FAST, identity)) {
      client.greet();
      return client.closed();
    }
  }

  private void greet() throws IOException {
    byte[] maskSeed = new byte[32];
    new SecureRandom().nextBytes(maskSeed);
    hello = new Hello.Client(Hello.VERSION, profile, new byte[32], maskSeed);
    channel.send(FrameType.CLIENT_HELLO, hello.encode());
  }

  /** The next frame. */
  Frame receive() throws IOException {
    Frame frame = channel.receive(MOST, System.nanoTime() + TimeUnit.SECONDS.toNanos(60));
    assertTrue(frame != null, "no frame in a minute");
    return frame;
  }

  /** The payload of the next frame, which is of a type. */
  ByteBuffer expect(FrameType type) throws IOException {
    Frame frame = receive();
    assertEquals(type, frame.type());
    return frame.payload();
  }

  /** Why the host ends the session. */
  CloseReason closed() throws IOException {
    Frame frame = receive();
    while (frame.type() == FrameType.PREPARED) {
      frame = receive();
    }
    assertEquals(FrameType.CLOSE, frame.type());
    return ControlMessages.readClose(frame.payload());
  }

  Refusal refused(int ref, long request) throws IOException {
    AdapterMessages.Refused refused = AdapterMessages.Refused.decode(expect(FrameType.REFUSED));
    assertEquals(ref, refused.ref());
    assertEquals(request, refused.request());
    return refused.refusal();
  }

  AdapterMessages.Opened open(int ref) throws IOException {
    channel.send(
        FrameType.OPEN,
        new AdapterMessages.Open(ref, HexFormat.of().parseHex(TestAdapter.DIGEST)).encode());
    return AdapterMessages.Opened.decode(expect(FrameType.OPENED));
  }

  /** A key that follows the protocol. */
  Lane lane(long id) {
    byte[] seed = new byte[LaneMessages.SEED_BYTES];
    new SecureRandom().nextBytes(seed);
    SecretKey key = SecretKey.derive(context, profile.laneSecrets(), seed);
    try (PublicKey publicKey = PublicKey.of(key, halves)) {
      return new Lane(id, key, seed, publicKey.message());
    }
  }

  /** Announces lanes and returns what has to be shown. */
  LaneMessages.OpenLanes announce(List<Lane> lanes) throws IOException {
    List<byte[]> hashes =
        lanes.stream().map(lane -> LaneMessages.hash(lane.id(), lane.message())).toList();
    channel.send(FrameType.LANES, new LaneMessages.Lanes(lanes.get(0).id(), hashes).encode());
    return LaneMessages.OpenLanes.decode(expect(FrameType.OPEN_LANES));
  }

  /** New lanes, not announced. */
  List<Lane> make(int count) {
    return make(count, UnaryOperator.identity());
  }

  /** New lanes of which something is changed. */
  List<Lane> make(int count, UnaryOperator<Lane> craft) {
    List<Lane> lanes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lanes.add(craft.apply(lane(nextLane++)));
    }
    return lanes;
  }

  /** Shows what has to be shown. */
  void show(List<Lane> lanes, LaneMessages.OpenLanes open) throws IOException {
    List<byte[]> seeds = open.opened().stream().mapToObj(i -> lanes.get(i).seed()).toList();
    channel.send(FrameType.LANE_SEEDS, new LaneMessages.Seeds(open.first(), seeds).encode());
  }

  void sendKey(Lane lane) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(LaneMessages.KEY_HEAD + lane.message().remaining());
    new LaneMessages.Key(lane.id()).encode(payload);
    channel.send(FrameType.LANE_KEY, payload.put(lane.message().duplicate()).flip());
  }

  /** Shows and sends everything; returns the lanes that may be used. */
  List<Lane> settle(List<Lane> lanes, LaneMessages.OpenLanes open) throws IOException {
    show(lanes, open);
    List<Lane> kept =
        IntStream.range(0, lanes.size())
            .filter(i -> !open.opened().get(i))
            .mapToObj(lanes::get)
            .toList();
    for (Lane lane : kept) {
      sendKey(lane);
    }
    return kept;
  }

  /** At least so many lanes that may be used. */
  List<Lane> lanes(int count) throws IOException {
    List<Lane> usable = new ArrayList<>();
    while (usable.size() < count) {
      List<Lane> batch = make(LaneMessages.MAX_BATCH);
      usable.addAll(settle(batch, announce(batch)));
    }
    return usable;
  }

  /** Asks for a block and takes it in. */
  Block prepare(int ref, int number, int tokens, long firstId) throws IOException {
    channel.send(
        FrameType.PREPARE, new EvaluationMessages.Prepare(ref, number, tokens, firstId).encode());
    Map<GroupId, InputBlock> groups = new HashMap<>();
    long id = firstId;
    for (GroupId group : TestAdapter.GROUPS) {
      groups.put(
          group, InputBlock.of(context, masks, tokens, TestAdapter.COLUMNS, TestAdapter.ROWS, id));
      id += InputBlock.masks(context, tokens, TestAdapter.COLUMNS);
    }
    for (int i = 0; i < groups.size(); i++) {
      ByteBuffer payload = expect(FrameType.PREPARED);
      EvaluationMessages.Prepared head = EvaluationMessages.Prepared.decode(payload);
      assertEquals(ref, head.ref());
      assertEquals(number, head.block());
      groups.get(head.group()).absorb(payload);
    }
    return new Block(number, tokens, groups);
  }

  void bind(Lane lane, int ref, int block) throws IOException {
    channel.send(FrameType.BIND, new LaneMessages.Bind(lane.id(), ref, block).encode());
  }

  void retire(Lane... lanes) throws IOException {
    List<Long> ids = java.util.Arrays.stream(lanes).map(Lane::id).toList();
    channel.send(FrameType.RETIRE, new LaneMessages.Retire(ids).encode());
  }

  /** Sends tokens at positions without encrypting any; returns the request's number. */
  long sendPadded(int ref, GroupId group, PaddedRuns runs) throws IOException {
    ByteBuffer tokens =
        ByteBuffer.allocate((int) Pads.tokenBytes(context, runs.tokens(), TestAdapter.COLUMNS));
    return sendPadded(ref, group, runs, tokens);
  }

  private long sendPadded(int ref, GroupId group, PaddedRuns runs, ByteBuffer tokens)
      throws IOException {
    long request = nextRequest++;
    ByteBuffer payload =
        ByteBuffer.allocate(EvaluationMessages.Padded.bytes(runs) + tokens.remaining());
    new EvaluationMessages.Padded(request, ref, group).encode(runs, payload);
    channel.send(FrameType.EVALUATE_PADDED, payload.put(tokens).flip());
    return request;
  }

  /** Answers to tokens with pads of several lanes. */
  double[] padded(
      int ref, GroupId group, GroupCodec codec, PaddedRuns runs, LanePads[] pads, float[][] x)
      throws IOException {
    int tokens = runs.tokens();
    int[] first = IntStream.range(0, runs.size()).map(runs::first).toArray();
    int[] count = IntStream.range(0, runs.size()).map(runs::count).toArray();
    double[] notes = new double[GroupCodec.NOTE * tokens];
    ByteBuffer message =
        ByteBuffer.allocateDirect((int) Pads.tokenBytes(context, tokens, TestAdapter.COLUMNS));
    LanePads.encrypt(
        codec, pads, first, count, inputs(x), IntStream.range(0, tokens).toArray(), notes, message);
    long request = sendPadded(ref, group, runs, message.flip());
    ByteBuffer payload = expect(FrameType.ANSWERS);
    assertEquals(request, EvaluationMessages.Answers.decode(payload).request());
    return decrypted(
        tokens,
        (verdicts, out) -> {
          LanePads.decrypt(codec, pads, first, count, payload, notes, verdicts, out);
          return out;
        });
  }

  /** What a decryption gives, once its verdicts are good. */
  static double[] decrypted(int tokens, BiFunction<double[], DoubleBuffer, DoubleBuffer> decrypt) {
    double[] verdicts = new double[GroupCodec.VERDICT * tokens];
    DoubleBuffer out =
        ByteBuffer.allocateDirect(Double.BYTES * tokens * TestAdapter.ROWS)
            .order(ByteOrder.nativeOrder())
            .asDoubleBuffer();
    DoubleBuffer filled = decrypt.apply(verdicts, out);
    for (int t = 0; t < tokens; t++) {
      assertTrue(verdicts[GroupCodec.VERDICT * t] <= 1);
    }
    double[] u = new double[tokens * TestAdapter.ROWS];
    filled.get(0, u);
    return u;
  }

  /** Rows of numbers as native code reads them. */
  static FloatBuffer inputs(float[][] x) {
    FloatBuffer direct =
        ByteBuffer.allocateDirect(Float.BYTES * x.length * TestAdapter.COLUMNS)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (float[] row : x) {
      direct.put(row);
    }
    return direct.flip();
  }

  void ping() throws IOException {
    channel.send(FrameType.PING, ControlMessages.number(7));
    assertEquals(7, ControlMessages.readNumber(expect(FrameType.PONG)));
  }

  @Override
  public void close() {
    channel.close();
    if (halves != null) {
      halves.close();
      masks.close();
    }
  }
}
