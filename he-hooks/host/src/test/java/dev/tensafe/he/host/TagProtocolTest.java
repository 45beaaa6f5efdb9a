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
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.he.wire.TagMessages;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.TagRequest;
import dev.tensafe.tssp.keys.RecipientKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
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

  private TagRequest begin(TestClient client, int index) {
    byte[] seed = Hello.tagSeed(client.hello, client.answer, 1, index);
    return TagRequest.begin(ring, seed, TestAdapter.ROWS, SCALE_BITS);
  }

  private static void send(TestClient client, int index, ByteBuffer message) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(TagMessages.Setup.BYTES + message.remaining());
    new TagMessages.Setup(1, index, SCALE_BITS).encode(payload);
    client.channel.send(FrameType.TAG_SETUP, payload.put(message.duplicate()).flip());
  }

  @ParameterizedTest
  @EnumSource
  void aTagIsTheExactCombinationOfTheRows(Profile profile) throws Exception {
    start(true, OptionalLong.empty());
    int columns = TestAdapter.GROUPS.size() * TestAdapter.COLUMNS;
    try (TestClient client = TestClient.connect(host, profile, CLIENT);
        TagRequest first = begin(client, 0);
        TagRequest second = begin(client, 1)) {
      client.open(1);
      send(client, 0, first.message());
      send(client, 1, second.message());
      for (int index = 0; index < TagMessages.TAGS; index++) {
        ByteBuffer payload = client.expect(FrameType.TAGS);
        TagMessages.Tags head = TagMessages.Tags.decode(payload);
        assertEquals(new TagMessages.Tags(1, index, 0, 1), head);
        TagRequest request = index == 0 ? first : second;
        assertArrayEquals(expected(request.constants()), request.read(payload, columns));
      }
      assertEquals(PRICE, host.usage().get(0).tokens(), "once for both");
      assertEquals(2, host.stats().tags());
      client.ping();
      send(client, 1, second.message());
      assertEquals(CloseReason.PROTOCOL, client.closed(), "each once");
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
        TagRequest request = begin(client, 0)) {
      client.open(1);
      send(client, 0, request.message());
      assertEquals(Refusal.NO_TAGS, client.refused(1, 0));
      send(client, 1, request.message());
      assertEquals(Refusal.NO_TAGS, client.refused(1, 0));
      client.ping();
      assertTrue(host.usage().isEmpty());
    }
  }

  @Test
  void aTagCountsAgainstTheBudget() throws Exception {
    start(true, OptionalLong.of(2 * PRICE - 1));
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        TagRequest request = begin(client, 0)) {
      client.open(1);
      send(client, 0, request.message());
      client.expect(FrameType.TAGS);
    }
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        TagRequest request = begin(client, 0)) {
      client.open(1);
      send(client, 0, request.message());
      assertEquals(Refusal.BUDGET_EXHAUSTED, client.refused(1, 0));
      send(client, 1, request.message());
      assertEquals(Refusal.BUDGET_EXHAUSTED, client.refused(1, 0));
      client.ping();
    }
  }

  @Test
  void whatIsNoRequestEndsTheSession() throws Exception {
    start(true, OptionalLong.empty());
    // the second before the first
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        TagRequest request = begin(client, 1)) {
      client.open(1);
      send(client, 1, request.message());
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // of an adapter that is not open
    try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
        TagRequest request = begin(client, 0)) {
      send(client, 0, request.message());
      assertEquals(CloseReason.PROTOCOL, client.closed());
    }
    // too short, too long, of too few rows
    try (TagRequest few = TagRequest.begin(ring, new byte[32], 2, SCALE_BITS)) {
      for (int change : new int[] {-1, 1, 0}) {
        try (TestClient client = TestClient.connect(host, Profile.FAST, CLIENT);
            TagRequest request = begin(client, 0)) {
          client.open(1);
          ByteBuffer good = (change == 0 ? few : request).message();
          ByteBuffer bad = ByteBuffer.allocate(good.remaining() + change);
          bad.put(good.limit(Math.min(good.limit(), good.position() + bad.capacity()))).rewind();
          send(client, 0, bad);
          assertEquals(CloseReason.PROTOCOL, client.closed());
        }
      }
    }
  }
}
