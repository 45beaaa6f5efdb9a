package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.Profile;
import dev.tensafe.he.host.TestClient.Block;
import dev.tensafe.he.host.TestClient.Lane;
import dev.tensafe.he.transport.PeerIdentity;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.PaddedRuns;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.LanePads;
import dev.tensafe.nativelib.ckks.Packing;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.tssp.keys.RecipientKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions of version 2 as the adapter host sees them: lanes, blocks, positions, and what bars. */
class LaneProtocolTest {
  private static final PeerIdentity CLIENT = new PeerIdentity.User("model");
  private static final GroupId GROUP = TestAdapter.GROUPS.get(1);

  @TempDir Path directory;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final TestAdapter adapter = new TestAdapter(random);
  private final RecipientKey key = RecipientKey.generate(new SecureRandom());
  private AdapterHost host;

  @BeforeEach
  void start() {
    System.out.println("seed " + seed);
    host = host(HostLimits.standard(), OptionalLong.empty());
  }

  private AdapterHost host(HostLimits limits, OptionalLong perDay) {
    AdapterHost made =
        new AdapterHost(
            key,
            TokenMeter.open(directory.resolve("usage.json"), InstantSource.system(), perDay),
            new ClientPolicy(
                ClientAccounts.unnamed(),
                BarredAccounts.open(
                    directory.resolve("barred-accounts.jsonl"), InstantSource.system()),
                true),
            limits);
    made.serve(adapter.sealed());
    return made;
  }

  private void restart(HostLimits limits, OptionalLong perDay) {
    host.close();
    host = host(limits, perDay);
  }

  @AfterEach
  void stop() {
    host.close();
    key.close();
  }

  private TestClient connect() throws IOException {
    return TestClient.connect(host, Profile.FAST, CLIENT);
  }

  private float[][] random(int tokens) {
    float[][] x = new float[tokens][TestAdapter.COLUMNS];
    for (float[] row : x) {
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) random.nextGaussian();
      }
    }
    return x;
  }

  private void areRight(GroupId group, float[][] x, double[] u) {
    for (int t = 0; t < x.length; t++) {
      double[] exact = adapter.exact(group, x[t]);
      double norm =
          Math.sqrt(IntStream.range(0, exact.length).mapToDouble(k -> exact[k] * exact[k]).sum());
      for (int k = 0; k < exact.length; k++) {
        assertEquals(exact[k], u[t * TestAdapter.ROWS + k], 1e-3 * norm, "token " + t);
      }
    }
  }

  private static PaddedRuns run(Lane lane, int block, int first, int count) {
    PaddedRuns runs = new PaddedRuns();
    runs.add(lane.id(), block, first, count);
    return runs;
  }

  @ParameterizedTest
  @EnumSource
  void ciphertextsOfALaneAreAnswered(Profile profile) throws Exception {
    try (TestClient client = TestClient.connect(host, profile, CLIENT)) {
      AdapterMessages.Opened opened = client.open(1);
      assertEquals(profile == Profile.FAST, opened.groups().get(0).pads());
      long id = 0;
      for (Lane lane : client.lanes(2)) {
        for (Packing packing : opened.groups().get(1).packings()) {
          float[][] x = random(5);
          InputShape shape = new InputShape(5, TestAdapter.COLUMNS, packing);
          id = ciphertexts(client, lane, shape, x, id);
        }
      }
      assertEquals(
          List.of(new TokenMeter.Usage(TestAdapter.DIGEST, CLIENT.label(), 5 * id)).size(),
          host.usage().size());
    }
  }

  private long ciphertexts(
      TestClient client, Lane lane, InputShape shape, float[][] x, long firstId)
      throws IOException {
    int degree = client.context.parameters().degree();
    try (GroupCodec codec = adapter.codec(client.context, GROUP)) {
      double[] notes = new double[GroupCodec.NOTE * x.length];
      int bytes = (int) SecretKey.inputMessageBytes(client.context, shape);
      ByteBuffer message = ByteBuffer.allocateDirect(EvaluationMessages.Evaluate.BYTES + bytes);
      new EvaluationMessages.Evaluate(client.nextRequest, 1, GROUP, lane.id()).encode(message);
      lane.key()
          .encryptInputs(
              codec,
              shape,
              TestClient.inputs(x),
              IntStream.range(0, x.length).toArray(),
              client.masks,
              firstId,
              notes,
              message);
      client.channel.send(FrameType.EVALUATE, message.flip());
      ByteBuffer payload = client.expect(FrameType.ANSWERS);
      assertEquals(client.nextRequest++, EvaluationMessages.Answers.decode(payload).request());
      areRight(
          GROUP,
          x,
          TestClient.decrypted(
              x.length,
              (verdicts, out) -> {
                lane.key()
                    .decryptAnswers(
                        codec,
                        new AnswerShape(x.length, TestAdapter.ROWS, shape.packing()),
                        payload,
                        notes,
                        verdicts,
                        out);
                return out;
              }));
    }
    return firstId + shape.ciphertexts(degree);
  }

  @Test
  void tokensOfManyLanesAreAnsweredInOneMessage() throws Exception {
    try (TestClient client = connect();
        GroupCodec codec = adapter.codec(client.context, GROUP)) {
      client.open(1);
      Block shorts = client.prepare(1, 1, Pads.SHORT, 0);
      Block longs = client.prepare(1, 2, Pads.LONG, 1000);
      List<Lane> lanes = client.lanes(6);
      List<LanePads> pads = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        Block block = i % 2 == 0 ? shorts : longs;
        client.bind(lanes.get(i), 1, block.number());
        pads.add(LanePads.make(block.groups().get(GROUP), lanes.get(i).key()));
      }
      for (int step = 0; step < 8; step++) {
        PaddedRuns runs = new PaddedRuns();
        for (int i = 0; i < 6; i++) {
          // a lane of a long block takes more; positions may be left out
          int count = i % 2 == 0 ? 2 : 12;
          int width = (i % 2 == 0 ? Pads.SHORT : Pads.LONG) / 8;
          runs.add(lanes.get(i).id(), 1 + i % 2, step * width + (step + i) % 3, count);
        }
        float[][] x = random(runs.tokens());
        areRight(GROUP, x, client.padded(1, GROUP, codec, runs, pads.toArray(new LanePads[0]), x));
      }
      assertEquals(8 * 42, host.usage().get(0).tokens());
      client.retire(lanes.get(0), lanes.get(1));
      client.ping();
      client.sendPadded(1, GROUP, run(lanes.get(0), 1, 31, 1));
      assertEquals(CloseReason.PROTOCOL, client.closed(), "retired");
    }
  }

  @Test
  void aPositionIsAnsweredOnceAndInOrder() throws Exception {
    int[][][] wrong = {
      {{0, 1}, {0, 1}}, {{5, 2}, {6, 1}}, {{5, 2}, {4, 1}}, {{31, 2}}, {{32, 1}}, {{0, 33}}
    };
    for (int[][] uses : wrong) {
      try (TestClient client = connect()) {
        client.open(1);
        client.prepare(1, 1, Pads.SHORT, 0);
        Lane lane = client.lanes(1).get(0);
        client.bind(lane, 1, 1);
        for (int i = 0; i < uses.length - 1; i++) {
          client.sendPadded(1, GROUP, run(lane, 1, uses[i][0], uses[i][1]));
          client.expect(FrameType.ANSWERS);
        }
        int[] last = uses[uses.length - 1];
        client.sendPadded(1, GROUP, run(lane, 1, last[0], last[1]));
        assertEquals(CloseReason.PROTOCOL, client.closed());
      }
    }
    // twice in one message, and all groups for themselves
    try (TestClient client = connect()) {
      client.open(1);
      client.prepare(1, 1, Pads.SHORT, 0);
      Lane lane = client.lanes(1).get(0);
      client.bind(lane, 1, 1);
      for (GroupId group : TestAdapter.GROUPS) {
        client.sendPadded(1, group, run(lane, 1, 0, 32));
        client.expect(FrameType.ANSWERS);
      }
      client.sendPadded(1, GROUP, run(lane, 1, 31, 1));
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    try (TestClient client = connect()) {
      client.open(1);
      client.prepare(1, 1, Pads.SHORT, 0);
      Lane lane = client.lanes(1).get(0);
      client.bind(lane, 1, 1);
      PaddedRuns twice = run(lane, 1, 3, 2);
      twice.add(lane.id(), 1, 4, 1);
      client.sendPadded(1, GROUP, twice);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
  }

  @Test
  void aLaneIsUsedOnlyOnceItIsSettledAndBound() throws Exception {
    // announced only
    try (TestClient client = connect()) {
      client.open(1);
      client.prepare(1, 1, Pads.SHORT, 0);
      List<Lane> batch = client.make(8);
      client.announce(batch);
      client.bind(batch.get(0), 1, 1);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // a key before the seeds
    try (TestClient client = connect()) {
      List<Lane> batch = client.make(8);
      LaneMessages.OpenLanes open = client.announce(batch);
      client.sendKey(batch.get(open.opened().nextClearBit(0)));
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // shown, but its key did not come
    try (TestClient client = connect()) {
      client.open(1);
      client.prepare(1, 1, Pads.SHORT, 0);
      List<Lane> batch = client.make(8);
      LaneMessages.OpenLanes open = client.announce(batch);
      client.show(batch, open);
      client.ping();
      client.bind(batch.get(open.opened().nextClearBit(0)), 1, 1);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // the key of a lane that was shown
    try (TestClient client = connect()) {
      List<Lane> batch = client.make(8);
      LaneMessages.OpenLanes open = client.announce(batch);
      client.show(batch, open);
      client.sendKey(batch.get(open.opened().nextSetBit(0)));
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // not bound, and bound to another block
    for (boolean bound : new boolean[] {false, true}) {
      try (TestClient client = connect()) {
        client.open(1);
        client.prepare(1, 1, Pads.SHORT, 0);
        client.prepare(1, 2, Pads.SHORT, 100);
        Lane lane = client.lanes(1).get(0);
        if (bound) {
          client.bind(lane, 1, 1);
        }
        client.sendPadded(1, GROUP, run(lane, 2, 0, 1));
        assertEquals(CloseReason.PROTOCOL, client.closed());
      }
    }
    // two blocks
    try (TestClient client = connect()) {
      client.open(1);
      client.prepare(1, 1, Pads.SHORT, 0);
      client.prepare(1, 2, Pads.SHORT, 100);
      Lane lane = client.lanes(1).get(0);
      client.bind(lane, 1, 1);
      client.bind(lane, 1, 2);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
  }

  @Test
  void announcementsThatCannotBe() throws Exception {
    // numbers that do not follow
    try (TestClient client = connect()) {
      client.nextLane = 2;
      List<Lane> batch = client.make(1);
      List<byte[]> hashes = List.of(LaneMessages.hash(2, batch.get(0).message()));
      client.channel.send(FrameType.LANES, new LaneMessages.Lanes(2, hashes).encode());
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // too few seeds, seeds twice, seeds of no batch
    try (TestClient client = connect()) {
      List<Lane> batch = client.make(16);
      client.announce(batch);
      client.channel.send(
          FrameType.LANE_SEEDS, new LaneMessages.Seeds(1, List.of(batch.get(0).seed())).encode());
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    try (TestClient client = connect()) {
      List<Lane> batch = client.make(8);
      LaneMessages.OpenLanes open = client.announce(batch);
      client.show(batch, open);
      client.show(batch, open);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // another key than announced, and a lane nobody announced
    try (TestClient client = connect()) {
      List<Lane> batch = client.make(8);
      LaneMessages.OpenLanes open = client.announce(batch);
      client.show(batch, open);
      Lane kept = batch.get(open.opened().nextClearBit(0));
      client.sendKey(
          new Lane(kept.id(), kept.key(), kept.seed(), client.lane(kept.id()).message()));
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    try (TestClient client = connect()) {
      client.sendKey(client.lane(9));
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // more than there may be
    restart(new HostLimits(64, 1 << 26, 4096, 16, 4, 4, 100, 1 << 20), OptionalLong.empty());
    try (TestClient client = connect()) {
      client.lanes(56);
      List<Lane> batch = client.make(64);
      client.channel.send(
          FrameType.LANES,
          new LaneMessages.Lanes(
                  batch.get(0).id(),
                  batch.stream().map(l -> LaneMessages.hash(l.id(), l.message())).toList())
              .encode());
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    assertEquals(0, host.stats().bars());
  }

  @Test
  void whichLanesAreShownIsNotForeseeable() throws Exception {
    BitSet ever = new BitSet();
    try (TestClient client = connect()) {
      for (int i = 0; i < 40; i++) {
        List<Lane> batch = client.make(16);
        LaneMessages.OpenLanes open = client.announce(batch);
        assertEquals(2, open.opened().cardinality());
        ever.or(open.opened());
        client.settle(batch, open);
      }
      client.ping();
      // one of 16 is missed by 40 fair draws of 2 with a probability of 16 · 0.0048
      assertTrue(ever.cardinality() >= 14, ever.toString());
      assertEquals(40 * 14, host.stats().lanesHeld());
    }
  }

  /** A public key whose p0 is not what the seed makes of it. */
  private static Lane crafted(Lane lane) {
    ByteBuffer message = ByteBuffer.allocateDirect(lane.message().remaining());
    message.put(lane.message().duplicate()).flip();
    int at = message.limit() / 3;
    message.put(at, (byte) (message.get(at) ^ 1));
    return new Lane(lane.id(), lane.key(), lane.seed(), message);
  }

  @Test
  void aCraftedKeyThatIsShownBarsTheAccountForGood() throws Exception {
    Path file = directory.resolve("barred-accounts.jsonl");
    int caught = 0;
    int passed = 0;
    for (int i = 0; caught == 0 || passed == 0; i++) {
      PeerIdentity cheat = new PeerIdentity.User("cheat" + i);
      try (TestClient other = TestClient.connect(host, Profile.FAST, cheat);
          TestClient client = TestClient.connect(host, Profile.FAST, cheat)) {
        long target = 1 + random.nextInt(8);
        List<Lane> batch = client.make(8, l -> l.id() == target ? crafted(l) : l);
        LaneMessages.OpenLanes open = client.announce(batch);
        if (!open.opened().get((int) target - 1)) {
          // it got away with it this time, and nobody is barred
          client.settle(batch, open);
          client.ping();
          passed++;
          continue;
        }
        client.show(batch, open);
        assertEquals(CloseReason.BARRED, client.closed());
        caught++;
        assertTrue(Files.readString(file).contains("\"account\":\"user:cheat" + i + "\""));
        assertEquals(CloseReason.BARRED, TestClient.refusal(host, cheat));
        // the account's other session has ended too
        assertEquals(null, other.channel.receive(1000));
        restart(HostLimits.standard(), OptionalLong.empty());
        assertEquals(CloseReason.BARRED, TestClient.refusal(host, cheat));
        assertEquals(caught, host.barredAccounts());
        try (TestClient honest = connect()) {
          honest.lanes(1);
          honest.ping();
        }
      }
    }
    // the operator removes the line
    Files.writeString(file, "");
    restart(HostLimits.standard(), OptionalLong.empty());
    try (TestClient again =
        TestClient.connect(host, Profile.FAST, new PeerIdentity.User("cheat0"))) {
      again.ping();
    }
  }

  @Test
  void seedsOfOtherLanesBarToo() throws Exception {
    try (TestClient client = connect()) {
      List<Lane> batch = client.make(8);
      LaneMessages.OpenLanes open = client.announce(batch);
      client.channel.send(
          FrameType.LANE_SEEDS, new LaneMessages.Seeds(1, List.of(new byte[32])).encode());
      assertFalse(open.opened().isEmpty());
      assertEquals(CloseReason.BARRED, client.closed());
      assertEquals(1, host.stats().bars());
    }
  }

  @Test
  void aBlockTakesSoManyLanes() throws Exception {
    try (TestClient client = connect()) {
      client.open(1);
      client.prepare(1, 1, Pads.LONG, 0);
      List<Lane> lanes = client.lanes(Pads.lanes(Pads.LONG) + 1);
      for (Lane lane : lanes.subList(0, Pads.lanes(Pads.LONG))) {
        client.bind(lane, 1, 1);
      }
      // the last one is as good as the first
      Lane last = lanes.get(Pads.lanes(Pads.LONG) - 1);
      client.sendPadded(1, GROUP, run(last, 1, 0, 128));
      client.expect(FrameType.ANSWERS);
      client.bind(lanes.get(Pads.lanes(Pads.LONG)), 1, 1);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
  }

  @Test
  void blocksThatCannotBe() throws Exception {
    int[][][] wrong = {
      {{1, 32}, {2, 32}, {3, 128}, {4, 32}, {5, 32}}, // five at a time
      {{2, 32}, {1, 32}},
      {{3, 32}, {3, 128}},
      {{1, 64}},
      {{1, 256}}
    };
    for (int[][] blocks : wrong) {
      try (TestClient client = connect()) {
        client.open(1);
        for (int i = 0; i < blocks.length - 1; i++) {
          client.prepare(1, blocks[i][0], blocks[i][1], 1000L * i);
        }
        int[] last = blocks[blocks.length - 1];
        client.channel.send(
            FrameType.PREPARE, new EvaluationMessages.Prepare(1, last[0], last[1], 9000).encode());
        assertEquals(CloseReason.PROTOCOL, client.closed());
      }
    }
    try (TestClient client = TestClient.connect(host, Profile.STRICT, CLIENT)) {
      client.open(1);
      client.channel.send(FrameType.PREPARE, new EvaluationMessages.Prepare(1, 1, 32, 0).encode());
      assertEquals(CloseReason.PROTOCOL, client.closed(), "strict has no pads");
    }
    try (TestClient client = connect()) {
      client.open(1);
      client.channel.send(FrameType.OPEN, new AdapterMessages.Open(1, new byte[32]).encode());
      assertEquals(Refusal.UNKNOWN_ADAPTER, client.refused(1, 0));
      client.channel.send(FrameType.FORGET, AdapterMessages.ref(1));
      client.bind(client.lanes(1).get(0), 1, 1);
      assertEquals(CloseReason.PROTOCOL, client.closed(), "forgotten");
    }
  }

  @Test
  void whatIsPreparedFollowsWhatIsUsed() throws Exception {
    try (TestClient client = connect()) {
      client.open(1);
      client.prepare(1, 1, Pads.LONG, 0);
      client.prepare(1, 2, Pads.LONG, 1000);
      int free = (65_536 - 2 * Pads.LONG) / Pads.LONG;
      List<Lane> lanes = client.lanes(free + 2);
      for (int i = 0; i < free; i++) {
        client.bind(lanes.get(i), 1, i < 256 ? 1 : 2);
      }
      client.ping();
      Lane lane = lanes.get(free);
      client.bind(lane, 1, 2);
      assertEquals(Refusal.PREPARATION, client.refused(1, 0));
      // what the model host sent before it heard of it is refused too, and nothing else happens
      long request = client.sendPadded(1, GROUP, run(lane, 2, 0, 1));
      assertEquals(Refusal.PREPARATION, client.refused(1, request));
      client.channel.send(
          FrameType.PREPARE, new EvaluationMessages.Prepare(1, 3, 32, 2000).encode());
      assertEquals(Refusal.PREPARATION, client.refused(1, 0));
      // another session of the account has no more, another account has
      try (TestClient same = connect();
          TestClient different =
              TestClient.connect(host, Profile.FAST, new PeerIdentity.User("other"))) {
        same.open(1);
        same.channel.send(FrameType.PREPARE, new EvaluationMessages.Prepare(1, 1, 32, 0).encode());
        assertEquals(Refusal.PREPARATION, same.refused(1, 0));
        different.open(1);
        different.prepare(1, 1, 32, 0);
      }
      // use makes room
      client.sendPadded(1, GROUP, run(lanes.get(0), 1, 0, 40));
      client.expect(FrameType.ANSWERS);
      client.bind(lane, 1, 2);
      client.sendPadded(1, GROUP, run(lane, 2, 0, 1));
      client.expect(FrameType.ANSWERS);
      client.bind(lanes.get(free + 1), 1, 2);
      assertEquals(Refusal.PREPARATION, client.refused(1, 0));
      assertEquals(4, host.stats().refusals(Refusal.PREPARATION) - 1);
    }
  }

  @Test
  void noiseIsMadeWhenItIsUsedIfThereIsNoMemoryForItAhead() throws Exception {
    restart(new HostLimits(64, 1 << 26, 4096, 16, 4, 4, 4096, 0), OptionalLong.empty());
    tokensOfManyLanesAreAnsweredInOneMessage();
  }

  @Test
  void budgetsGoByAccount() throws Exception {
    restart(HostLimits.standard(), OptionalLong.of(10));
    PeerIdentity old = new PeerIdentity.Certificate("a".repeat(64), "CN=m", "CN=ca");
    PeerIdentity renewed = new PeerIdentity.Certificate("b".repeat(64), "CN=m", "CN=ca");
    PeerIdentity otherIssuer = new PeerIdentity.Certificate("c".repeat(64), "CN=m", "CN=cb");
    assertEquals(null, use(old, 10));
    assertEquals(Refusal.BUDGET_EXHAUSTED, use(old, 1));
    assertEquals(Refusal.BUDGET_EXHAUSTED, use(renewed, 1));
    assertEquals(null, use(otherIssuer, 10));
  }

  /** Why so many tokens of a client are refused; null if they are answered. */
  private Refusal use(PeerIdentity identity, int tokens) throws IOException {
    try (TestClient client = TestClient.connect(host, Profile.FAST, identity)) {
      client.open(1);
      client.prepare(1, 1, Pads.SHORT, 0);
      Lane lane = client.lanes(1).get(0);
      client.bind(lane, 1, 1);
      client.sendPadded(1, GROUP, run(lane, 1, 0, tokens));
      var frame = client.receive();
      return frame.type() == FrameType.REFUSED
          ? AdapterMessages.Refused.decode(frame.payload()).refusal()
          : null;
    }
  }

  @Test
  void threadsOfIdlePriorityDoNotSend() throws Exception {
    try (TestClient client = connect()) {
      client.open(1);
      client.prepare(1, 1, Pads.SHORT, 0);
      client.prepare(1, 2, Pads.SHORT, 100); // not the first: made by the pool's thread
      assertEquals(List.of("5"), policies("he-pool"), "SCHED_IDLE");
      assertFalse(policies("he-sender").isEmpty());
      assertFalse(policies("he-sender").contains("5"));
      assertFalse(policies("he-setup").contains("5"));
    }
  }

  /** Scheduling policies of this process's threads of a name. */
  private static List<String> policies(String name) throws IOException {
    List<String> policies = new ArrayList<>();
    try (var tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path task : tasks) {
        String stat;
        try {
          stat = Files.readString(task.resolve("stat"));
        } catch (IOException e) {
          if (Files.exists(task)) {
            throw e;
          }
          continue; // a thread that has ended since it was listed
        }
        int end = stat.lastIndexOf(')');
        if (stat.substring(stat.indexOf('(') + 1, end).equals(name)) {
          // the 41st field; the third follows the name
          policies.add(stat.substring(end + 2).split(" ")[38]);
        }
      }
    }
    return policies;
  }
}
