package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.Profile;
import dev.tensafe.he.transport.PeerIdentity;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.he.wire.TagMessages;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.PublicHalves;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.nativelib.ckks.SecretKind;
import dev.tensafe.nativelib.ckks.TagRequest;
import dev.tensafe.tssp.keys.RecipientKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tags as an adapter host gives them: exact, metered, each once, or not at all. */
class TagProtocolTest {
  private static final PeerIdentity CLIENT = new PeerIdentity.User("model");
  private static final int SCALE_BITS = 54;

  /** ⌈2·2·96/8⌉. */
  private static final int PRICE = 48;

  @TempDir Path directory;
  private final Random random = new Random(5);
  private final TestAdapter adapter = new TestAdapter(random);
  private final RecipientKey key = RecipientKey.generate(new SecureRandom());
  private final CkksContext ring = CkksContext.open(Profile.STRICT.parameters());
  private AdapterHost host;

  private void start(boolean tags, OptionalLong perDay) {
    host =
        new AdapterHost(
            key,
            TokenMeter.open(directory.resolve("usage.json"), InstantSource.system(), perDay),
            new ClientPolicy(ClientAccounts.unnamed(), BarredAccounts.inMemory(), tags),
            HostLimits.standard());
    host.serve(adapter.sealed());
  }

  @AfterEach
  void stop() {
    host.close();
    key.close();
    ring.close();
  }

  /** A tag as a client sets it up: announced with seeds of its own, then made under one of them. */
  private final class Setup implements AutoCloseable {
    private final TestClient client;
    private final int index;
    private final List<byte[]> seeds = new ArrayList<>();
    private TagRequest request;

    Setup(TestClient client, int index) {
      this.client = client;
      this.index = index;
      for (int i = 0; i < TagMessages.CANDIDATES; i++) {
        byte[] seed = new byte[32];
        random.nextBytes(seed);
        seeds.add(seed);
      }
    }

    byte[] publicSeed() {
      return Hello.tagSeed(client.hello, client.answer, 1, index);
    }

    /**
     * @param crafted number of a key that no seed leads to, or -1
     */
    void announce(int crafted) throws IOException {
      List<byte[]> hashes = new ArrayList<>();
      try (PublicHalves halves = PublicHalves.of(ring, publicSeed())) {
        for (int i = 0; i < seeds.size(); i++) {
          try (SecretKey key = SecretKey.derive(ring, SecretKind.UNIFORM, seeds.get(i));
              PublicKey made = PublicKey.of(key, halves)) {
            ByteBuffer message = made.message();
            if (i == crafted) {
              message.put(1000, (byte) (message.get(1000) + 1));
            }
            hashes.add(LaneMessages.hash(i, message));
          }
        }
      }
      client.channel.send(FrameType.TAG_KEYS, new TagMessages.Keys(1, index, hashes).encode());
    }

    int choice() throws IOException {
      TagMessages.Choice choice = TagMessages.Choice.decode(client.expect(FrameType.TAG_CHOICE));
      assertEquals(index, choice.index());
      return choice.kept();
    }

    void send(int kept, int rows, int change) throws IOException {
      request = TagRequest.begin(ring, publicSeed(), seeds.get(kept), rows, SCALE_BITS);
      ByteBuffer message = request.message();
      int bytes = TagMessages.Setup.BYTES + TagMessages.Setup.SEEDS + message.remaining() + change;
      ByteBuffer payload = ByteBuffer.allocate(bytes);
      new TagMessages.Setup(1, index, SCALE_BITS).encode(payload);
      for (int i = 0; i < seeds.size(); i++) {
        if (i != kept) {
          payload.put(seeds.get(i));
        }
      }
      int most = Math.min(payload.remaining(), message.remaining());
      payload.put(message.limit(message.position() + most)).rewind();
      client.channel.send(FrameType.TAG_SETUP, payload);
    }

    void setUp() throws IOException {
      announce(-1);
      send(choice(), TestAdapter.ROWS, 0);
    }

    @Override
    public void close() {
      if (request != null) {
        request.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTagIsTheExactCombinationOfTheRows(Profile profile) throws Exception {
    start(true, OptionalLong.empty());
    int columns = TestAdapter.GROUPS.size() * TestAdapter.COLUMNS;
    try (TestClient client = TestClient.connect(host, profile, CLIENT);
        Setup first = new Setup(client, 0);
        Setup second = new Setup(client, 1)) {
      client.open(1);
      for (Setup setup : List.of(first, second)) {
        setup.setUp();
        ByteBuffer payload = client.expect(FrameType.TAGS);
        TagMessages.Tags head = TagMessages.Tags.decode(payload);
        assertEquals(new TagMessages.Tags(1, setup.index, 0, 1), head);
        assertArrayEquals(
            expected(setup.request.constants()), setup.request.read(payload, columns));
      }
      assertEquals(PRICE, host.usage().get(0).tokens(), "once for both");
      assertEquals(2, host.stats().tags());
      client.ping();
      second.announce(-1);
      assertEquals(CloseReason.PROTOCOL, client.closed(), "each once");
    }
  }

  @Test
  void aCraftedKeyIsCaughtUnlessItIsTheOneThatIsChosen() throws Exception {
    start(true, OptionalLong.empty());
    int caught = 0;
    for (int attempt = 0; caught == 0; attempt++) {
      assertTrue(attempt < 40, "one in eight goes unnoticed");
      try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
          Setup setup = new Setup(client, 0)) {
        client.open(1);
        setup.announce(3);
        int kept = setup.choice();
        if (kept != 3) {
          setup.send(kept, TestAdapter.ROWS, 0);
          assertEquals(CloseReason.BARRED, client.closed());
          caught++;
        }
      }
    }
    assertEquals(CloseReason.BARRED, TestClient.refusal(host, CLIENT), "from then on");
  }

  @Test
  void anotherKeyThanWasAnnouncedEndsTheSession() throws Exception {
    start(true, OptionalLong.empty());
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        Setup setup = new Setup(client, 0)) {
      client.open(1);
      setup.announce(-1);
      int kept = setup.choice();
      random.nextBytes(setup.seeds.get(kept));
      setup.send(kept, TestAdapter.ROWS, 0);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
  }

  private long[] expected(long[] r) {
    long[] f = new long[TestAdapter.GROUPS.size() * TestAdapter.COLUMNS];
    int start = 0;
    for (GroupId group : TestAdapter.GROUPS) {
      int[] weights = adapter.weights.get(group);
      for (int i = 0; i < weights.length; i++) {
        f[start + i % TestAdapter.COLUMNS] += r[i / TestAdapter.COLUMNS] * weights[i];
      }
      start += TestAdapter.COLUMNS;
    }
    return f;
  }

  @Test
  void anOwnerMayRefuse() throws Exception {
    start(false, OptionalLong.empty());
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        Setup first = new Setup(client, 0);
        Setup second = new Setup(client, 1)) {
      client.open(1);
      first.announce(-1);
      assertEquals(Refusal.NO_TAGS, client.refused(1, 0));
      second.announce(-1);
      assertEquals(Refusal.NO_TAGS, client.refused(1, 0));
      client.ping();
      assertTrue(host.usage().isEmpty());
    }
  }

  @Test
  void aTagCountsAgainstTheBudget() throws Exception {
    start(true, OptionalLong.of(2 * PRICE - 1));
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        Setup setup = new Setup(client, 0)) {
      client.open(1);
      setup.setUp();
      client.expect(FrameType.TAGS);
    }
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        Setup first = new Setup(client, 0);
        Setup second = new Setup(client, 1)) {
      client.open(1);
      first.announce(-1);
      assertEquals(Refusal.BUDGET_EXHAUSTED, client.refused(1, 0));
      second.announce(-1);
      assertEquals(Refusal.BUDGET_EXHAUSTED, client.refused(1, 0));
      client.ping();
    }
  }

  @Test
  void whatIsNoRequestEndsTheSession() throws Exception {
    start(true, OptionalLong.empty());
    // the second before the first
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        Setup setup = new Setup(client, 1)) {
      client.open(1);
      setup.announce(-1);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // of an adapter that is not open
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        Setup setup = new Setup(client, 0)) {
      setup.announce(-1);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // constants without a choice
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        Setup setup = new Setup(client, 0)) {
      client.open(1);
      setup.send(0, TestAdapter.ROWS, 0);
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // too short, too long, without keys, of too few rows
    for (int change : new int[] {-1, 1, -400_000, 0}) {
      try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
          Setup setup = new Setup(client, 0)) {
        client.open(1);
        setup.announce(-1);
        setup.send(setup.choice(), change == 0 ? 2 : TestAdapter.ROWS, change);
        assertEquals(CloseReason.PROTOCOL, client.closed());
      }
    }
  }
}
