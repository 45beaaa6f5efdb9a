package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Sockets;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.PaddedRuns;
import dev.tensafe.he.wire.Possession;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.keys.ScryptCost;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything an adapter host receives, and all memory of its process, is searched for what it must
 * not know: prompts, tokens, activations, deltas' inputs, the secret key. A client that does leak
 * is found by the same search. The model host's disk is searched for the sealed weights.
 */
class EncryptedPrivacyTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String PROMPT =
      "Patient 4711 asks whether the harbour of Zwickau freezes over in a mild winter.";

  @TempDir Path directory;
  private AdapterOwner owner;
  private Path model;
  private Process host;
  private FrameRelay relay;
  private TestServer server;
  private Path encrypted;
  private final RowRecorder recorder = new RowRecorder();
  private final Tap tap = new Tap();

  /** Everything that went to the adapter host, and what it must not learn from it. */
  private static final class Tap implements FrameRelay.Filter {
    private final ModelHostSecrets secrets = new ModelHostSecrets();
    private final ByteArrayOutputStream up = new ByteArrayOutputStream();
    private final Set<Long> lanes = new TreeSet<>();

    @Override
    public void pass(int connection, boolean towards, Frame frame) {
      ByteBuffer payload = frame.payload().duplicate();
      if (!towards) {
        if (frame.type() == FrameType.OPEN_LANES) {
          secrets.choosing(connection, LaneMessages.OpenLanes.decode(payload));
        }
        return;
      }
      byte[] bytes = new byte[payload.remaining()];
      payload.duplicate().get(bytes);
      synchronized (this) {
        up.writeBytes(bytes);
        if (frame.type() == FrameType.EVALUATE_PADDED) {
          PaddedRuns runs = new PaddedRuns();
          EvaluationMessages.Padded.decode(payload, runs);
          for (int run = 0; run < runs.size(); run++) {
            lanes.add(runs.lane(run));
          }
        }
      }
    }

    synchronized byte[] captured() {
      return up.toByteArray();
    }

    /** The lanes that tokens were sent for since this was last asked. */
    synchronized Set<Long> takeLanes() {
      Set<Long> taken = Set.copyOf(lanes);
      lanes.clear();
      return taken;
    }
  }

  @BeforeEach
  void start() throws Exception {
    model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    owner = new AdapterOwner(directory.resolve("owner"), model);
    PrivateKeyFile.write(
        directory.resolve("host"), owner.adapterHost, null, ScryptCost.DEFAULT, new SecureRandom());
    Path packages = Files.createDirectories(directory.resolve("hosted"));
    encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
    Files.copy(encrypted, packages.resolve("secret.tssp"));
    Path socket = directory.resolve("he.sock");
    host =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tensafe.owner.Main",
                "adapter-host",
                "--listen",
                "unix:" + socket,
                "--adapters",
                packages.toString(),
                "--trust",
                owner.trust.toString(),
                "--recipient-key",
                directory.resolve("host.key").toString())
            .redirectError(directory.resolve("host.log").toFile())
            .redirectOutput(directory.resolve("host.out").toFile())
            .start();
    TestServer.await("the adapter host to listen", () -> Files.exists(socket));
    relay =
        FrameRelay.start(
            new Address.Unix(directory.resolve("relay.sock")), new Address.Unix(socket), tap);
    serve();
    TestServer.await("a session", () -> server.encrypted.orElseThrow().connected() == 1);
    HttpResponse<String> uploaded = server.upload(encrypted);
    assertEquals(201, uploaded.statusCode(), uploaded.body());
  }

  private void serve() {
    server =
        TestServer.withAdapters(
            model,
            null,
            new TestServer.Adapters(
                directory.resolve("adapters"),
                owner,
                256 << 20,
                256,
                Optional.of(
                    (key, base, layers) ->
                        tap.secrets.of(
                            EncryptedAdapters.remote(
                                key,
                                base,
                                layers,
                                HeSetup.quick(Profile.FAST, 20_000),
                                List.of(relay.address()),
                                null,
                                null))),
                List.of(recorder)));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    relay.close();
    host.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
  }

  private static String request() {
    return MAPPER
        .createObjectNode()
        .put("model", "secret")
        .put("prompt", PROMPT)
        .put("max_tokens", 60)
        .put("temperature", 0)
        .put("ignore_eos", true)
        .toString();
  }

  private String ask() throws Exception {
    HttpResponse<String> answer = server.post("/v1/completions", request());
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("he", MAPPER.readTree(answer.body()).at("/tensafe/mode").asText());
    return MAPPER.readTree(answer.body()).at("/choices/0/text").asText();
  }

  private Needles secrets(String answer) {
    Needles needles = new Needles();
    needles.text("prompt", PROMPT);
    needles.integers("tokens", server.files.tokenizer().encode(PROMPT, false));
    List<ModelHostSecrets.Lane> kept = tap.secrets.lanes(false);
    assertTrue(kept.size() > 20, kept.size() + " lanes");
    for (ModelHostSecrets.Lane lane : kept) {
      needles.pieces("secret key", lane.key());
      needles.pieces("seed", lane.seed());
    }
    for (ModelHostSecrets.Tag tag : tap.secrets.tags()) {
      for (int i = 0; i < tag.r().length; i++) {
        needles.longs("tag", tag.r()[i]);
        needles.integers("tag", Arrays.stream(tag.r()[i]).mapToInt(Math::toIntExact).toArray());
        needles.longs("tag", tag.f()[i]);
      }
    }
    for (float[] row : recorder.rows) {
      needles.floats("activation", row);
    }
    assertTrue(answer.length() > 20 && needles.count() > 10_000);
    return needles;
  }

  private TreeSet<String> search(Needles needles) throws IOException {
    TreeSet<String> found = new TreeSet<>();
    byte[] captured = tap.captured();
    assertTrue(captured.length > 200_000, captured.length + " bytes went up");
    needles.search(captured, captured.length, found);
    searchMemory(host.pid(), needles, found);
    return found;
  }

  /** Every readable page of a process. */
  private static void searchMemory(long pid, Needles needles, TreeSet<String> found)
      throws IOException {
    byte[] piece = new byte[(4 << 20) + 64];
    long total = 0;
    try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
        if (!line.matches("[0-9a-f]+-[0-9a-f]+ rw.*") || line.contains("[v")) {
          continue;
        }
        String[] range = line.substring(0, line.indexOf(' ')).split("-", -1);
        long at = Long.parseUnsignedLong(range[0], 16);
        long end = Long.parseUnsignedLong(range[1], 16);
        while (at < end) {
          int length = (int) Math.min(piece.length, end - at);
          try {
            memory.seek(at);
            int read = memory.read(piece, 0, length);
            needles.search(piece, read, found);
            total += Math.max(0, read);
          } catch (IOException e) {
            // a page that is not there
          }
          at += Math.max(1, length - 64);
        }
      }
    } catch (IOException e) {
      System.out.println("SKIPPED: the memory of another process cannot be read here: " + e);
      Assumptions.abort("the memory of another process cannot be read here");
    }
    System.out.println("searched " + (total >> 20) + " MiB of the adapter host's memory");
    assertTrue(total > 20 << 20);
  }

  @Test
  void nothingOfThePromptIsFoundAtTheAdapterHostAndALeakWouldBe() throws Exception {
    String answer = ask();
    ask();
    Needles needles = secrets(answer);
    assertEquals(new TreeSet<String>(), search(needles));

    // a client that says what it must not, in a field the protocol leaves to it
    leak(Arrays.copyOf(bytes(recorder.rows.get(17)), 32));
    leak(Arrays.copyOf(PROMPT.getBytes(StandardCharsets.UTF_8), 32));
    ModelHostSecrets.Lane lane = tap.secrets.lanes(false).get(3);
    leak(Arrays.copyOf(lane.key(), 32));
    leak(lane.seed());
    ByteBuffer f = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    f.asLongBuffer().put(tap.secrets.tags().get(0).f()[0], 0, 4);
    leak(f.array());
    int[] tokens = server.files.tokenizer().encode(PROMPT, false);
    ByteBuffer ids = ByteBuffer.allocate(4 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int token : tokens) {
      ids.putInt(token);
    }
    leak(Arrays.copyOf(ids.array(), 32));
    TreeSet<String> found = search(needles);
    assertTrue(
        found.containsAll(
            List.of(
                "activation (float32)",
                "prompt (UTF-8)",
                "secret key",
                "seed",
                "tag",
                "tokens (int32)")),
        "found only " + found);
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      out.putFloat(value);
    }
    return out.array();
  }

  /** A leaky double of the client: a session of its own, and 32 bytes in place of a digest. */
  private void leak(byte[] secret) throws IOException {
    try (FrameChannel channel = Sockets.connect(relay.address(), null, 2_000, Sockets.ownUid())) {
      Hello.Client hello =
          new Hello.Client(Hello.VERSION, Profile.FAST, new byte[32], new byte[32]);
      channel.send(FrameType.CLIENT_HELLO, hello.encode());
      Hello.Host answer = Hello.Host.decode(channel.receive(1 << 20).payload());
      Encapsulation challenge = answer.key().encapsulate(new SecureRandom());
      channel.send(FrameType.CHALLENGE, Possession.challenge(challenge.ciphertext()));
      Frame ready = channel.receive(1 << 20);
      assertEquals(FrameType.READY, ready.type());
      Possession.require(
          ready.payload(),
          Possession.proof(challenge.sharedSecret(), hello, answer, challenge.ciphertext()));
      channel.send(FrameType.OPEN, new AdapterMessages.Open(1, secret).encode());
      assertEquals(FrameType.REFUSED, channel.receive(1 << 20).type());
    }
  }

  @Test
  void theModelHostsDiskHoldsNothingOfTheSealedPart() throws Exception {
    ask();
    Needles sealed = new Needles();
    try (PackageFile file = PackageFile.open(encrypted)) {
      PackageFile.Section section = file.parts().get(1);
      sealed.pieces("sealed part", file.stream(section).readAllBytes());
    }
    assertTrue(sealed.count() > 500);
    TreeSet<String> found = new TreeSet<>();
    byte[] original = Files.readAllBytes(encrypted);
    sealed.search(original, original.length, found);
    assertEquals(1, found.size(), "the search finds it where it is");
    found.clear();
    int files = 0;
    try (Stream<Path> all = Files.walk(directory.resolve("adapters"))) {
      for (Path path : all.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(path);
        sealed.search(bytes, bytes.length, found);
        files++;
      }
    }
    assertTrue(files >= 3);
    assertEquals(new TreeSet<String>(), found);
    // and what is stored there is served again
    server.close();
    serve();
    TestServer.await("an answer", this::answers);
  }

  @Test
  void requestsAndSessionsHaveKeysOfTheirOwn() throws Exception {
    ask();
    Set<Long> first = tap.takeLanes();
    ask();
    Set<Long> second = tap.takeLanes();
    assertFalse(first.isEmpty());
    assertFalse(second.isEmpty());
    assertTrue(Collections.disjoint(first, second), "a lane of two requests");
    int connection = relay.connections() - 1;
    Set<Long> kept = new TreeSet<>();
    tap.secrets
        .lanes(connection)
        .forEach(
            (number, lane) -> {
              if (!lane.shown()) {
                kept.add(number);
              }
            });
    assertTrue(kept.containsAll(first) && kept.containsAll(second), "no lane that was shown");
    relay.cut();
    TestServer.await(
        "the keys of another session",
        () -> tap.secrets.lanes(relay.connections() - 1).size() > 30 && answers());
    assertTrue(relay.connections() - 1 > connection);
    ask();
    List<ModelHostSecrets.Lane> all = tap.secrets.lanes(true);
    assertEquals(
        all.size(), all.stream().map(lane -> Arrays.toString(lane.key())).distinct().count());
    assertEquals(
        all.size(), all.stream().map(lane -> Arrays.toString(lane.seed())).distinct().count());
  }

  private boolean answers() {
    try {
      return server.post("/v1/completions", request()).statusCode() == 200;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void thePublicHalvesDependOnBothHellos() {
    byte[] nonce = new byte[32];
    new Random(1).nextBytes(nonce);
    RecipientPublicKey key = owner.adapterHost.publicKey();
    Hello.Client a = new Hello.Client(2, Profile.FAST, nonce, new byte[32]);
    Hello.Client b = new Hello.Client(2, Profile.FAST, new byte[32], new byte[32]);
    Hello.Host x = new Hello.Host(2, nonce, key, 1, 1);
    Hello.Host y = new Hello.Host(2, new byte[32], key, 1, 1);
    assertEquals(
        8,
        Stream.of(
                Hello.publicSeed(a, x),
                Hello.publicSeed(a, y),
                Hello.publicSeed(b, x),
                Hello.publicSeed(b, y),
                Hello.tagSeed(a, x, 1, 0),
                Hello.tagSeed(a, y, 1, 0),
                Hello.tagSeed(b, x, 1, 0),
                Hello.tagSeed(b, x, 1, 1))
            .map(Arrays::toString)
            .distinct()
            .count());
  }
}
