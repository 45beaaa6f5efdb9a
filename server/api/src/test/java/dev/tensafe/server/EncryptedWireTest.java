package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two tenants chat at once, and every byte between model host and adapter host is searched, in both
 * directions: for what they wrote, its tokens, activations, keys and tags.
 */
class EncryptedWireTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final List<String> PROMPTS =
      List.of(
          "Invoice 90210 of the locksmith in Utrecht is disputed by his landlady's nephew.",
          "Does the lighthouse keeper of Borkum know that his barometer was sold in May?");

  @TempDir Path directory;
  private final ModelHostSecrets secrets = new ModelHostSecrets();
  private final ByteArrayOutputStream up = new ByteArrayOutputStream();
  private final ByteArrayOutputStream down = new ByteArrayOutputStream();
  private final RowRecorder recorder = new RowRecorder();

  private void pass(int connection, boolean towards, Frame frame) {
    ByteBuffer payload = frame.payload().duplicate();
    if (frame.type() == FrameType.OPEN_LANES) {
      secrets.choosing(connection, LaneMessages.OpenLanes.decode(payload.duplicate()));
    }
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    synchronized (this) {
      (towards ? up : down).writeBytes(bytes);
    }
  }

  private static String chat(String prompt) {
    var request = MAPPER.createObjectNode().put("model", "secret").put("max_tokens", 60);
    request.putArray("messages").addObject().put("role", "user").put("content", prompt);
    return request.put("temperature", 0).put("ignore_eos", true).toString();
  }

  private synchronized TreeSet<String> search(Needles needles, byte[]... more) {
    TreeSet<String> found = new TreeSet<>();
    for (byte[] bytes : List.of(up.toByteArray(), down.toByteArray())) {
      assertTrue(bytes.length > 100_000, bytes.length + " bytes");
      needles.search(bytes, bytes.length, found);
    }
    for (byte[] bytes : more) {
      needles.search(bytes, bytes.length, found);
    }
    return found;
  }

  @Test
  void whoReadsTheWireFindsNothingOfTwoTenants() throws Exception {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    AdapterOwner owner = new AdapterOwner(directory.resolve("owner"), model);
    Path keys = directory.resolve("keys.json");
    String ops = "Bearer " + new ApiKeyFile(keys).add("ops", Set.of(ApiKeys.Scope.ADAPTERS));
    List<String> tenants = new ArrayList<>();
    for (String name : List.of("first", "second")) {
      tenants.add("Bearer " + new ApiKeyFile(keys).add(name, Set.of(ApiKeys.Scope.INFER)));
    }
    try (HeSetup host = HeSetup.unix(owner, directory);
        FrameRelay relay =
            FrameRelay.start(
                new Address.Unix(directory.resolve("relay.sock")),
                host.server.address(),
                this::pass);
        TestServer server =
            TestServer.withAdapters(
                model,
                keys,
                new TestServer.Adapters(
                    directory.resolve("adapters"),
                    owner,
                    256 << 20,
                    256,
                    Optional.of(
                        (key, base, layers) ->
                            secrets.of(
                                EncryptedAdapters.remote(
                                    key,
                                    base,
                                    layers,
                                    HeSetup.quick(Profile.FAST, 30_000),
                                    List.of(relay.address()),
                                    null,
                                    null))),
                    List.of(recorder)))) {
      Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
      host.deliver(encrypted);
      TestServer.await("a session", () -> server.encrypted.orElseThrow().connected() == 1);
      assertEquals(201, server.upload(encrypted, "Authorization", ops).statusCode());
      List<CompletableFuture<HttpResponse<String>>> chats = new ArrayList<>();
      for (int i = 0; i < tenants.size(); i++) {
        String tenant = tenants.get(i);
        String body = chat(PROMPTS.get(i));
        chats.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return server.post("/v1/chat/completions", body, "Authorization", tenant);
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                }));
      }
      Needles needles = new Needles();
      for (int i = 0; i < chats.size(); i++) {
        HttpResponse<String> answer = chats.get(i).get(120, TimeUnit.SECONDS);
        assertEquals(200, answer.statusCode(), answer.body());
        String said = MAPPER.readTree(answer.body()).at("/choices/0/message/content").asText();
        needles.text("answer", said);
        needles.text("prompt", PROMPTS.get(i));
        needles.integers("tokens", server.files.tokenizer().encode(said, false));
        needles.integers("tokens", server.files.tokenizer().encode(PROMPTS.get(i), false));
        needles.pieces("API key", tenants.get(i).getBytes(StandardCharsets.UTF_8));
      }
      secret(needles);
      assertEquals(new TreeSet<String>(), search(needles));

      // the same search finds what is there: a seed that was shown, as the protocol has it
      ModelHostSecrets.Lane shown =
          secrets.lanes(true).stream().filter(ModelHostSecrets.Lane::shown).findFirst().get();
      needles.pieces("shown seed", shown.seed());
      ByteBuffer activation = ByteBuffer.allocate(4 * recorder.rows.get(17).length);
      activation.asFloatBuffer().put(recorder.rows.get(17));
      TreeSet<String> found =
          search(needles, activation.array(), PROMPTS.get(1).getBytes(StandardCharsets.UTF_16BE));
      assertEquals(
          new TreeSet<>(List.of("activation (float32)", "prompt (UTF-16)", "shown seed")), found);
    }
  }

  private void secret(Needles needles) {
    List<ModelHostSecrets.Lane> kept = secrets.lanes(false);
    assertTrue(kept.size() > 20, kept.size() + " lanes");
    for (ModelHostSecrets.Lane lane : kept) {
      needles.pieces("secret key", lane.key());
      needles.pieces("seed", lane.seed());
    }
    List<ModelHostSecrets.Tag> tags = secrets.tags();
    assertEquals(1, tags.size());
    for (ModelHostSecrets.Tag tag : tags) {
      for (int i = 0; i < tag.r().length; i++) {
        needles.longs("tag", tag.r()[i]);
        needles.integers("tag", Arrays.stream(tag.r()[i]).mapToInt(Math::toIntExact).toArray());
        needles.longs("tag", tag.f()[i]);
      }
    }
    for (float[] row : recorder.rows) {
      needles.floats("activation", row);
    }
    assertTrue(needles.count() > 10_000);
  }
}
