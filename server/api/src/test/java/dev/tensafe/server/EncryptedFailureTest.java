package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.bench.he.Relay;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.HeException;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.BarredHosts;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.TlsIdentity;
import dev.tensafe.he.transport.TlsSide;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestReader;
import dev.tensafe.tssp.trust.TrustDirectory;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever an adapter host does, its requests end with an error in time, and never with an answer
 * of the base model; everybody else's go on.
 */
class EncryptedFailureTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Of a host that is not meant to be slow: a busy machine must not make it so. */
  private static final long PATIENT_MILLIS = 30_000;

  /** Of a host that says nothing any more. */
  private static final long TIMEOUT_MILLIS = 700;

  @TempDir Path directory;
  private Path model;
  private AdapterOwner owner;
  private HeSetup host;
  private Relay relay;
  private TestServer server;
  private final Meddler meddler = new Meddler();

  /** What happens between the two. */
  private static final class Meddler implements Relay.Filter {
    private volatile CountDownLatch stalled = new CountDownLatch(0);
    private volatile CountDownLatch stalledUp = new CountDownLatch(0);
    private volatile boolean garbage;
    private final AtomicLong down = new AtomicLong();

    void stall() {
      stalled = new CountDownLatch(1);
    }

    void stallUp() {
      stalledUp = new CountDownLatch(1);
    }

    void goOn() {
      stalled.countDown();
      stalledUp.countDown();
    }

    @Override
    public void pass(boolean up, ByteBuffer piece) {
      if (up) {
        try {
          stalledUp.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      } else {
        down.addAndGet(piece.remaining());
        try {
          stalled.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        if (garbage && piece.remaining() > 60) {
          // behind the heads: in the numbers
          for (int i = piece.position() + 40; i < piece.limit(); i += 3) {
            piece.put(i, (byte) (piece.get(i) ^ 0x2a));
          }
        }
      }
    }
  }

  @BeforeEach
  void begin() throws Exception {
    model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    owner = new AdapterOwner(directory.resolve("owner"), model);
  }

  @AfterEach
  void end() {
    meddler.goOn();
    if (server != null) {
      server.close();
    }
    if (relay != null) {
      relay.close();
    }
    if (host != null) {
      host.close();
    }
  }

  private void start(OptionalLong tokensPerDay, long padBytes) throws Exception {
    start(tokensPerDay, padBytes, PATIENT_MILLIS);
  }

  private void start(OptionalLong tokensPerDay, long padBytes, long timeoutMillis)
      throws Exception {
    host = HeSetup.unix(owner, directory, tokensPerDay);
    relay =
        Relay.start(
            new Address.Unix(directory.resolve("relay.sock")), host.server.address(), 0, meddler);
    LinkConfig config =
        new LinkConfig(
            Profile.FAST, timeoutMillis, 2_000, 20, 100, 200, padBytes, false, OptionalInt.empty());
    serve(host.mode(relay.address(), config, null));
    Path plain = owner.pack("plain", 1, owner.peft(1));
    assertEquals(201, server.upload(plain).statusCode());
    Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
    host.deliver(encrypted);
    HttpResponse<String> answer = server.upload(encrypted);
    assertEquals(201, answer.statusCode(), answer.body());
  }

  private void serve(TestServer.EncryptedModeFactory mode) {
    server =
        TestServer.withAdapters(
            model,
            null,
            new TestServer.Adapters(
                directory.resolve("adapters"),
                owner,
                256 << 20,
                1024,
                Optional.of(mode),
                List.of()));
  }

  private HttpResponse<String> ask(String name, int tokens) throws Exception {
    String body =
        MAPPER
            .createObjectNode()
            .put("model", name)
            .put("prompt", "the same prompt for everybody")
            .put("max_tokens", tokens)
            .put("temperature", 0)
            .put("logprobs", 2)
            .put("ignore_eos", true)
            .toString();
    return server.post("/v1/completions", body);
  }

  private CompletableFuture<HttpResponse<String>> later(String name, int tokens) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return ask(name, tokens);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  private String text(HttpResponse<String> answer) throws Exception {
    assertEquals(200, answer.statusCode(), answer.body());
    return MAPPER.readTree(answer.body()).at("/choices/0/text").asText();
  }

  private void assertUnavailable(HttpResponse<String> answer) throws Exception {
    assertEquals(503, answer.statusCode(), answer.body());
    JsonNode error = MAPPER.readTree(answer.body()).path("error");
    assertEquals("adapter_unavailable", error.path("code").asText());
    assertTrue(answer.headers().firstValue("retry-after").isPresent());
  }

  private void assertWorksAgain(String want) throws Exception {
    TestServer.await(
        "another session",
        () -> {
          try {
            HttpResponse<String> answer = ask("secret", 20);
            return answer.statusCode() == 200 && text(answer).equals(want);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  /** Breaks the encrypted adapter while all three kinds run. */
  private void breakWhileOthersRun(Runnable breaking, Runnable mending) throws Exception {
    String base = text(ask("tiny", 400));
    String plain = text(ask("plain", 400));
    String secret = text(ask("secret", 20));
    assertFalse(text(ask("tiny", 20)).equals(secret), "the adapter changes answers");
    CompletableFuture<HttpResponse<String>> baseRunning = later("tiny", 400);
    CompletableFuture<HttpResponse<String>> plainRunning = later("plain", 400);
    long before = meddler.down.get();
    CompletableFuture<HttpResponse<String>> broken = later("secret", 400);
    TestServer.await("it to run", () -> meddler.down.get() > before + 2_000);
    breaking.run();
    assertUnavailable(broken.get(PATIENT_MILLIS / 2, TimeUnit.MILLISECONDS));
    assertEquals(base, text(baseRunning.get()));
    assertEquals(plain, text(plainRunning.get()));
    mending.run();
    assertWorksAgain(secret);
    server.awaitIdle();
  }

  @Test
  void aSlowHost() throws Exception {
    start(OptionalLong.empty(), 1 << 28, TIMEOUT_MILLIS);
    breakWhileOthersRun(meddler::stall, meddler::goOn);
  }

  /** It is left alone until its operator says that it may be trusted again. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1 << 28})
  void aHostThatAnswersGarbage(long padBytes) throws Exception {
    start(OptionalLong.empty(), padBytes);
    breakWhileOthersRun(
        () -> meddler.garbage = true,
        () -> {
          meddler.garbage = false;
          BarredHosts barred = server.encrypted.orElseThrow().barred();
          TestServer.await("the bar", () -> barred.list().size() == 1);
          barred.reenable(
              barred.list().get(0).digest(), Optional.empty(), "operator", InstantSource.system());
        });
  }

  @Test
  void aConnectionThatBreaks() throws Exception {
    start(OptionalLong.empty(), 1 << 28);
    breakWhileOthersRun(relay::cut, () -> {});
  }

  @Test
  void aHostThatIsGoneAndComesBack() throws Exception {
    start(OptionalLong.empty(), 1 << 28);
    breakWhileOthersRun(
        () -> host.close(),
        () -> {
          try {
            assertUnavailable(ask("secret", 5));
            host = HeSetup.unix(owner, directory, OptionalLong.empty());
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void revocationEndsWhatRunsAndLeavesOthersOfTheSameHost() throws Exception {
    start(OptionalLong.empty(), 1 << 28);
    Path other = owner.packEncrypted("other", 1, owner.peft(3));
    host.deliver(other);
    assertEquals(201, server.upload(other).statusCode());
    HttpResponse<String> alone = ask("other", 300);
    CompletableFuture<HttpResponse<String>> running = later("secret", 2000);
    CompletableFuture<HttpResponse<String>> otherRunning = later("other", 300);
    TestServer.await("it to run", () -> server.engine.active() == 2);
    String revoked;
    try (PackageFile file =
        PackageFile.open(
            Files.list(host.packages)
                .filter(f -> f.toString().contains("secret"))
                .findFirst()
                .orElseThrow())) {
      Manifest manifest = ManifestReader.read(file.manifestBytes());
      revoked = manifest.packageId();
    }
    new TrustDirectory(owner.trust).revokePackage(revoked);
    host.directory.refresh();
    assertUnavailable(running.get(60, TimeUnit.SECONDS));
    EncryptedAnswers.assertSame(alone, otherRunning.get());
    assertUnavailable(ask("secret", 5));
    assertTrue(host.host.stats().refusals(Refusal.WITHDRAWN) >= 1);
  }

  @Test
  void aBudgetOfTheHostsIsAnErrorOfItsOwn() throws Exception {
    // setting up the tag is metered too
    start(OptionalLong.of(300), 1 << 28);
    text(ask("secret", 20));
    HttpResponse<String> refused = ask("secret", 400);
    assertEquals(429, refused.statusCode(), refused.body());
    assertTrue(refused.body().contains("adapter_budget_exhausted"), refused.body());
    text(ask("plain", 200));
    String usage = Files.readString(host.packages.resolve("state").resolve("usage.json"));
    assertTrue(usage.contains("user:"), usage);
  }

  @Test
  void aHostWithoutThePackageIsAskedAgain() throws Exception {
    start(OptionalLong.empty(), 1 << 28);
    Path late = owner.packEncrypted("late", 1, owner.peft(4));
    assertEquals(201, server.upload(late).statusCode());
    assertUnavailable(ask("late", 5));
    host.deliver(late);
    TestServer.await(
        "the adapter host to have it",
        () -> {
          try {
            return ask("late", 5).statusCode() == 200;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    Files.delete(host.packages.resolve(late.getFileName()));
    host.directory.refresh();
    assertUnavailable(ask("late", 5));
    text(ask("secret", 5));
  }

  @Test
  void aHostThatStopsLetsWhatRunsFinish() throws Exception {
    start(OptionalLong.empty(), 1 << 28);
    HttpResponse<String> want = ask("secret", 600);
    long before = meddler.down.get();
    CompletableFuture<HttpResponse<String>> running = later("secret", 600);
    TestServer.await("it to run", () -> meddler.down.get() > before + 2_000);
    host.server.drain();
    TestServer.await(
        "new requests to be refused",
        () -> {
          try {
            return ask("secret", 1).statusCode() == 503;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    EncryptedAnswers.assertSame(want, running.get());
    assertTrue(host.host.awaitEnd(30_000), "the model host ends the session once it is idle");
  }

  @Test
  void aPackageForAnotherAdapterHostOrForBothPartiesIsToldApart() throws Exception {
    start(OptionalLong.empty(), 0);
    owner.embedBoth();
    HttpResponse<String> both = server.upload(owner.packEncrypted("both", 1, owner.peft(5)));
    assertEquals(400, both.statusCode());
    assertTrue(both.body().contains("adapter_mode_unsupported"), both.body());
    assertTrue(both.body().contains("must not be able to open it"), both.body());
    owner.adapterHost = RecipientKey.generate(new SecureRandom());
    assertEquals(201, server.upload(owner.packEncrypted("else", 1, owner.peft(6))).statusCode());
    HttpResponse<String> another = ask("else", 5);
    assertUnavailable(another);
    assertTrue(another.body().contains("another key"), another.body());
  }

  @Test
  void anAlteredSealedPartIsRefusedThoughItIsNotForUs() throws Exception {
    start(OptionalLong.empty(), 0);
    byte[] bytes = Files.readAllBytes(owner.packEncrypted("altered", 1, owner.peft(7)));
    bytes[bytes.length - 100] ^= 1;
    Path altered = Files.write(directory.resolve("altered.tssp"), bytes);
    HttpResponse<String> refused = server.upload(altered);
    assertEquals(400, refused.statusCode());
    assertTrue(refused.body().contains("adapter_digest_mismatch"), refused.body());
    host.deliver(altered);
    assertEquals(1, host.host.adapters().size(), "nor does the adapter host take it");
  }

  @Test
  void severalModelHostsShareAnAdapterHost() throws Exception {
    start(OptionalLong.empty(), 1 << 28);
    HttpResponse<String> want = ask("secret", 60);
    TestServer first = server;
    CompletableFuture<HttpResponse<String>> running = later("secret", 600);
    TestServer second =
        TestServer.withAdapters(
            model,
            null,
            new TestServer.Adapters(
                directory.resolve("adapters-of-another"),
                owner,
                256 << 20,
                1024,
                Optional.of(host.mode()),
                List.of()));
    try {
      server = second;
      assertEquals(
          201, second.upload(owner.packEncrypted("unknown", 1, owner.peft(8))).statusCode());
      Path known = host.packages.resolve("secret-1-1.tssp");
      assertEquals(201, second.upload(known).statusCode());
      EncryptedAnswers.assertSame(want, ask("secret", 60));
      assertEquals(2, host.host.openSessions());
    } finally {
      server = first;
      second.close();
    }
    text(running.get());
  }

  @Test
  void aHostThatDoesNotReadIsLeft() throws Exception {
    start(OptionalLong.empty(), 0, TIMEOUT_MILLIS);
    String secret = text(ask("secret", 20));
    String base = text(ask("tiny", 20));
    meddler.stallUp();
    // more than the sockets hold
    CompletableFuture<HttpResponse<String>> stuck = later("secret", 3000);
    assertUnavailable(stuck.get(60, TimeUnit.SECONDS));
    assertEquals(base, text(ask("tiny", 20)));
    meddler.goOn();
    assertWorksAgain(secret);
  }

  @Test
  void tlsIsMutual() throws Exception {
    Path hostDirectory = Files.createDirectories(directory.resolve("tls-host"));
    Path clientDirectory = Files.createDirectories(directory.resolve("tls-client"));
    Path strangerDirectory = Files.createDirectories(directory.resolve("tls-stranger"));
    TestCertificate ofHost = TestCertificate.make(hostDirectory);
    TestCertificate ofClient = TestCertificate.make(clientDirectory);
    TestCertificate stranger = TestCertificate.make(strangerDirectory);
    host =
        HeSetup.tls(
            owner,
            directory,
            TlsIdentity.of(
                TlsSide.ADAPTER_HOST, ofHost.certificate(), ofHost.key(), ofClient.certificate()));
    Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
    host.deliver(encrypted);
    LinkConfig config = HeSetup.quick(Profile.FAST, PATIENT_MILLIS);
    // a stranger's certificate, and a host that is not the one that is believed
    for (TlsIdentity wrong :
        List.of(
            TlsIdentity.of(
                TlsSide.MODEL_HOST, stranger.certificate(), stranger.key(), ofHost.certificate()),
            TlsIdentity.of(
                TlsSide.MODEL_HOST,
                ofClient.certificate(),
                ofClient.key(),
                stranger.certificate()))) {
      serve(host.mode(config, wrong));
      assertEquals(Integer.valueOf(0), server.encrypted.map(e -> e.connected()).orElseThrow());
      HttpResponse<String> upload = server.upload(encrypted);
      assertTrue(upload.statusCode() <= 201, upload.body());
      assertUnavailable(ask("secret", 5));
      server.close();
    }
    assertEquals(0, host.host.stats().sessions());
    serve(
        host.mode(
            config,
            TlsIdentity.of(
                TlsSide.MODEL_HOST, ofClient.certificate(), ofClient.key(), ofHost.certificate())));
    TestServer.await("a session", () -> server.encrypted.orElseThrow().connected() == 1);
    assertWorksAgain(text(retry("secret")));
    assertTrue(host.host.usage().get(0).client().startsWith("subject:CN=localhost"));
    assertEquals(
        "he.tls",
        assertThrows(
                HeException.class,
                () ->
                    TlsIdentity.of(
                        TlsSide.ADAPTER_HOST, ofHost.certificate(), ofHost.certificate(), model))
            .code());
  }

  private HttpResponse<String> retry(String name) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    HttpResponse<String> answer = ask(name, 20);
    while (answer.statusCode() != 200) {
      assertTrue(System.nanoTime() < deadline, answer.body());
      answer = ask(name, 20);
    }
    return answer;
  }
}
