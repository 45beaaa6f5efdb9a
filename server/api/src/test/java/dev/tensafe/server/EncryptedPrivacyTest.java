package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.bench.he.Relay;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Sockets;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.nativelib.NativeHandle;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.ScryptCost;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.Field;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Random;
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
  private Relay relay;
  private TestServer server;
  private Path encrypted;
  private final Recorder recorder = new Recorder();
  private final Tap tap = new Tap();

  /** Everything that went to the adapter host. */
  private static final class Tap implements Relay.Filter {
    private final ByteArrayOutputStream up = new ByteArrayOutputStream();

    @Override
    public synchronized void pass(boolean towards, ByteBuffer piece) {
      if (towards) {
        byte[] bytes = new byte[piece.remaining()];
        piece.get(piece.position(), bytes);
        up.writeBytes(bytes);
      }
    }

    synchronized byte[] captured() {
      return up.toByteArray();
    }
  }

  /** What the model's projections read. */
  private static final class Recorder implements ForwardHook {
    private final List<float[]> rows = new ArrayList<>();

    @Override
    public void begin(ProjectionGroup group, RowMatrix x, StepRows step) {
      for (int row = 0; row < x.rows() && rows.size() < 4000; row++) {
        float[] values = new float[x.columns()];
        x.values().get(row * x.columns(), values);
        rows.add(values);
      }
    }

    @Override
    public void finish(Projection projection, RowMatrix y, StepRows step) {}
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
        Relay.start(
            new Address.Unix(directory.resolve("relay.sock")), new Address.Unix(socket), 0, tap);
    serve();
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
                        EncryptedAdapters.remote(
                            key,
                            base,
                            layers,
                            HeSetup.quick(Profile.FAST, 20_000),
                            List.of(relay.address()),
                            null,
                            null)),
                List.of(recorder)));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    relay.close();
    host.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
  }

  private String ask() throws Exception {
    String body =
        MAPPER
            .createObjectNode()
            .put("model", "secret")
            .put("prompt", PROMPT)
            .put("max_tokens", 60)
            .put("temperature", 0)
            .put("ignore_eos", true)
            .toString();
    HttpResponse<String> answer = server.post("/v1/completions", body);
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("he", MAPPER.readTree(answer.body()).at("/tensafe/mode").asText());
    return MAPPER.readTree(answer.body()).at("/choices/0/text").asText();
  }

  private Needles secrets(String answer, byte[] key) {
    Needles needles = new Needles();
    needles.text("prompt", PROMPT);
    needles.integers("tokens", server.files.tokenizer().encode(PROMPT, false));
    needles.pieces("secret key", key);
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

  /**
   * The first numbers of the session's secret key, where it lies here; none if it cannot be read.
   */
  private byte[] secretKey() throws ReflectiveOperationException {
    Object hosts = field(server.encrypted.orElseThrow(), "links");
    Collection<?> links = (Collection<?>) field(hosts, "links");
    Object session = field(links.iterator().next(), "session");
    return keyBytes((SecretKey) field(session, "key"));
  }

  private byte[] requiredKey() throws ReflectiveOperationException {
    byte[] key = secretKey();
    if (key.length == 0) {
      System.out.println("SKIPPED: the secret key cannot be found in this process");
      Assumptions.abort("the secret key cannot be found in this process");
    }
    return key;
  }

  private static byte[] keyBytes(SecretKey key) throws ReflectiveOperationException {
    Field state = NativeHandle.class.getDeclaredField("state");
    state.setAccessible(true);
    long address = (long) field(state.get(key), "address");
    // The handle: a shared pointer to the context, and, after padding that may hold anything, the
    // key:
    // a reference to that context, the address of its values, their number.
    for (long offset = 16; offset <= 128; offset += 8) {
      try {
        if (peek(address + offset) == peek(address) && peek(address + offset + 16) == 2048) {
          long values = peek(address + offset + 8);
          ByteBuffer bytes = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
          for (int i = 0; i < 128; i++) {
            long word = peek(values + 8L * i);
            assertEquals(0, word >>> 50, "a residue");
            bytes.putLong(word);
          }
          return bytes.array();
        }
      } catch (IOException e) {
        // not to be read
      }
    }
    return new byte[0];
  }

  private static Object field(Object of, String name) throws ReflectiveOperationException {
    Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(of);
  }

  private static long peek(long address) throws IOException {
    if (address <= 4096) {
      throw new IOException("no address");
    }
    byte[] word = new byte[8];
    try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
      memory.seek(address);
      memory.readFully(word);
    }
    return ByteBuffer.wrap(word).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  @Test
  void nothingOfThePromptIsFoundAtTheAdapterHostAndALeakWouldBe() throws Exception {
    String answer = ask();
    ask();
    byte[] key = requiredKey();
    Needles needles = secrets(answer, key);
    assertEquals(new TreeSet<String>(), search(needles));

    // a client that says what it must not, in a field the protocol leaves to it
    leak(Arrays.copyOf(bytes(recorder.rows.get(17)), 32));
    leak(Arrays.copyOf(PROMPT.getBytes(StandardCharsets.UTF_8), 32));
    leak(Arrays.copyOf(key, 32));
    int[] tokens = server.files.tokenizer().encode(PROMPT, false);
    ByteBuffer ids = ByteBuffer.allocate(4 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int token : tokens) {
      ids.putInt(token);
    }
    leak(Arrays.copyOf(ids.array(), 32));
    TreeSet<String> found = search(needles);
    assertTrue(
        found.containsAll(
            List.of("activation (float32)", "prompt (UTF-8)", "secret key", "tokens (int32)")),
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
    try (CkksContext context = CkksContext.open(Profile.FAST.parameters());
        SecretKey key = SecretKey.generate(context);
        FrameChannel channel = Sockets.connect(relay.address(), null, 2_000)) {
      Hello.Client hello = new Hello.Client(1, Profile.FAST, new byte[32], key.maskSeed());
      channel.send(FrameType.CLIENT_HELLO, hello.encode());
      Hello.Host answer = Hello.Host.decode(channel.receive(1 << 20).payload());
      try (PublicKey publicKey = PublicKey.of(key, Hello.publicKeySeed(hello, answer))) {
        channel.send(FrameType.PUBLIC_KEY, publicKey.message());
      }
      assertEquals(FrameType.READY, channel.receive(1 << 20).type());
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
    TestServer.await("a session", () -> server.encrypted.orElseThrow().connected() == 1);
    ask();
  }

  @Test
  void sessionsHaveKeysAndMasksOfTheirOwn() throws Exception {
    byte[] first = requiredKey();
    relay.cut();
    TestServer.await(
        "another session",
        () -> {
          try {
            byte[] next = secretKey();
            return next.length > 0 && !Arrays.equals(first, next);
          } catch (ReflectiveOperationException | NullPointerException | IllegalStateException e) {
            return false;
          }
        });
    // the random half of the public key depends on both hellos
    byte[] nonce = new byte[32];
    new Random(1).nextBytes(nonce);
    Hello.Client a = new Hello.Client(1, Profile.FAST, nonce, new byte[32]);
    Hello.Client b = new Hello.Client(1, Profile.FAST, new byte[32], new byte[32]);
    Hello.Host x = new Hello.Host(1, nonce, owner.adapterHost.publicKey().id(), 1, 1);
    Hello.Host y = new Hello.Host(1, new byte[32], owner.adapterHost.publicKey().id(), 1, 1);
    assertEquals(
        4,
        Stream.of(
                Hello.publicKeySeed(a, x),
                Hello.publicKeySeed(a, y),
                Hello.publicKeySeed(b, x),
                Hello.publicKeySeed(b, y))
            .map(Arrays::toString)
            .distinct()
            .count());
  }
}
