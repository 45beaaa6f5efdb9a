package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.BarredHosts;
import dev.tensafe.he.client.BarredPair;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An adapter host that cheats, as users of a server see it: its adapters are unavailable from the
 * first wrong answer on, until the operator trusts it again.
 */
class EncryptedDistrustTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Bytes before the numbers of answers. */
  private static final int HEAD = 16;

  @TempDir Path directory;
  private Path model;
  private Path state;
  private AdapterOwner owner;
  private HeSetup host;
  private FrameRelay relay;
  private TestServer server;

  /** The bit of the next answers' first number that is turned over; −1 for none. */
  private final AtomicInteger bit = new AtomicInteger(-1);

  @BeforeEach
  void start() throws Exception {
    model = directory.resolve("model");
    state = directory.resolve("he-state");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    owner = new AdapterOwner(directory.resolve("owner"), model);
    host = HeSetup.unix(owner, directory);
    relay =
        FrameRelay.start(
            new Address.Unix(directory.resolve("relay.sock")), host.server.address(), this::pass);
    serve();
    for (String name : List.of("secret", "other")) {
      Path encrypted = owner.packEncrypted(name, 1, owner.peft(name.length()));
      host.deliver(encrypted);
      assertEquals(201, server.upload(encrypted).statusCode());
    }
  }

  private void pass(int connection, boolean up, Frame frame) {
    if (!up && frame.type() == FrameType.ANSWERS) {
      int of = bit.getAndSet(-1);
      if (of >= 0) {
        int at = frame.payload().position() + HEAD + of / 8;
        frame.payload().put(at, (byte) (frame.payload().get(at) ^ 1 << of % 8));
      }
    }
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
                Optional.of(host.mode(relay.address(), HeSetup.quick(Profile.FAST, 30_000), null)),
                List.of()));
  }

  @AfterEach
  void stop() {
    server.close();
    relay.close();
    host.close();
  }

  private HttpResponse<String> ask(String name) throws Exception {
    String body =
        MAPPER
            .createObjectNode()
            .put("model", name)
            .put("prompt", "the same prompt for everybody")
            .put("max_tokens", 8)
            .put("temperature", 0)
            .put("ignore_eos", true)
            .toString();
    return server.post("/v1/completions", body);
  }

  private void assertUnavailable(HttpResponse<String> answer) throws Exception {
    assertEquals(503, answer.statusCode(), answer.body());
    assertEquals("adapter_unavailable", MAPPER.readTree(answer.body()).at("/error/code").asText());
    assertEquals(-1, answer.body().indexOf("choices"), answer.body());
  }

  @ParameterizedTest
  @CsvSource({"26, tag", "48, bounds"})
  void theFirstWrongAnswerIsTheLastOneUntilTheOperatorSaysOtherwise(int of, String reason)
      throws Exception {
    String want = MAPPER.readTree(ask("secret").body()).at("/choices/0/text").asText();
    assertEquals(200, ask("other").statusCode());
    bit.set(of);
    HttpResponse<String> failed = ask("secret");
    assertUnavailable(failed);
    assertEquals(-1, failed.body().indexOf("bounds"), failed.body());
    assertEquals(-1, failed.body().indexOf(" tag"), failed.body());
    List<BarredPair> barred = BarredHosts.open(state).list();
    assertEquals(1, barred.size());
    assertEquals("secret", barred.get(0).adapter());
    assertEquals(reason, barred.get(0).reason().code());
    assertUnavailable(ask("secret"));
    assertUnavailable(ask("other"));
    server.close();
    serve();
    assertUnavailable(ask("secret"));
    assertUnavailable(ask("other"));
    assertEquals(1, relay.connections(), "it is not asked again");
    BarredHosts.open(state)
        .reenable(barred.get(0).digest(), Optional.empty(), "an operator", InstantSource.system());
    TestServer.await(
        "an answer",
        () -> {
          try {
            return ask("secret").statusCode() == 200 && ask("other").statusCode() == 200;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    assertEquals(want, MAPPER.readTree(ask("secret").body()).at("/choices/0/text").asText());
    assertEquals(2, relay.connections());
    assertTrue(Files.readString(state.resolve("he-audit.log")).contains("an operator"));
  }

  private static int cached(HttpResponse<String> answer) throws Exception {
    assertEquals(200, answer.statusCode(), answer.body());
    return MAPPER
        .readTree(answer.body())
        .at("/usage/prompt_tokens_details/cached_tokens")
        .intValue();
  }

  /** Keys and values of before are not trusted, whoever trusts the host again. */
  @Test
  void whatIsCachedOfAnAdapterIsForgottenWithItsHost() throws Exception {
    assertEquals(0, cached(ask("secret")));
    assertTrue(cached(ask("secret")) > 0);
    bit.set(26);
    assertUnavailable(ask("secret"));
    String digest = BarredHosts.open(state).list().get(0).digest();
    BarredHosts.open(state)
        .reenable(digest, Optional.empty(), "an operator", InstantSource.system());
    List<HttpResponse<String>> answers = new ArrayList<>();
    TestServer.await(
        "an answer",
        () -> {
          try {
            answers.add(0, ask("secret"));
            return answers.get(0).statusCode() == 200;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    assertEquals(0, cached(answers.get(0)), "found although its host was barred");
    assertTrue(cached(ask("secret")) > 0);
  }
}
