package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The API says how an adapter host's answers are checked. */
class VerifiedTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path directory;
  private Path model;
  private AdapterOwner owner;

  @BeforeEach
  void begin() throws Exception {
    model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    owner = new AdapterOwner(directory.resolve("owner"), model);
  }

  private TestServer serve(HeSetup host, boolean allowUnverified) throws Exception {
    LinkConfig config =
        new LinkConfig(
            Profile.FAST,
            30_000,
            2_000,
            20,
            100,
            200,
            256L << 20,
            allowUnverified,
            OptionalInt.empty());
    TestServer server =
        TestServer.withAdapters(
            model,
            null,
            new TestServer.Adapters(
                directory.resolve("adapters"),
                owner,
                256 << 20,
                1024,
                Optional.of(host.mode(config, null)),
                List.of()));
    assertEquals(201, server.upload(owner.pack("plain", 1, owner.peft(1))).statusCode());
    Path encrypted = owner.packEncrypted("secret", 1, owner.peft(2));
    host.deliver(encrypted);
    assertEquals(201, server.upload(encrypted).statusCode());
    return server;
  }

  private static HttpResponse<String> ask(TestServer server, String path, String what, String name)
      throws Exception {
    return server.post(
        path, "{" + what.replace('\'', '"') + ",\"max_tokens\":2,\"model\":\"" + name + "\"}");
  }

  /** What answers of every form say. */
  private static List<JsonNode> answers(TestServer server, String name) throws Exception {
    String chat = "'messages':[{'role':'user','content':'hi'}]";
    List<JsonNode> said = new ArrayList<>();
    for (String stream : List.of("", ",'stream':true")) {
      said.add(tensafe(ask(server, "/v1/chat/completions", chat + stream, name)));
      said.add(tensafe(ask(server, "/v1/completions", "'prompt':'hi'" + stream, name)));
    }
    return said;
  }

  /** The object of the last chunk that has one, or of the whole answer. */
  private static JsonNode tensafe(HttpResponse<String> answer) throws Exception {
    assertEquals(200, answer.statusCode(), answer.body());
    JsonNode last = MAPPER.missingNode();
    for (String line : answer.body().split("\n", -1)) {
      String json = line.startsWith("data: ") ? line.substring(6) : line;
      if (json.startsWith("{") && MAPPER.readTree(json).has("tensafe")) {
        last = MAPPER.readTree(json).path("tensafe");
      }
    }
    assertTrue(last.has("verified"), answer.body());
    return last;
  }

  private static JsonNode listed(TestServer server, String name) throws Exception {
    JsonNode one = MAPPER.readTree(server.get("/v1/adapters/" + name).body());
    for (JsonNode each : MAPPER.readTree(server.get("/v1/adapters").body()).path("data")) {
      if (each.path("id").asText().equals(name)) {
        assertEquals(one.path("verified"), each.path("verified"));
      }
    }
    return one;
  }

  @Test
  void byATagWhereTheHostGivesOne() throws Exception {
    try (HeSetup host = HeSetup.unix(owner, directory);
        TestServer server = serve(host, false)) {
      for (JsonNode said : answers(server, "secret")) {
        assertEquals("tag", said.path("verified").asText());
      }
      assertEquals("tag", listed(server, "secret").path("verified").asText());
      String metrics = server.get("/metrics").body();
      for (String series :
          List.of(
              "tensafe_he_tags_checked_total{adapter=\"secret\"}",
              "tensafe_he_tag_residual_bucket{adapter=\"secret\",le=\"8.0\"}",
              "tensafe_he_lanes_total{adapter=\"secret\",event=\"made\"}",
              "tensafe_he_lanes_total{adapter=\"secret\",event=\"used\"}",
              "tensafe_he_lanes_total{adapter=\"secret\",event=\"retired\"}",
              "tensafe_he_barred_pairs 0.0")) {
        assertTrue(metrics.contains(series), series + " is not in " + metrics);
      }
      assertFalse(metrics.matches("(?s).*tensafe_he_distrusted_total\\{[^}]*\\} [1-9].*"), metrics);
      for (String name : List.of("plain", "tiny")) {
        for (JsonNode said : answers(server, name)) {
          assertTrue(said.path("verified").isNull(), said.toString());
        }
      }
      assertFalse(listed(server, "plain").has("verified"));
    }
  }

  @Test
  void notAtAllWhereTheHostGivesNoneAndThatIsAllowed() throws Exception {
    try (HeSetup host = HeSetup.untagged(owner, directory);
        TestServer server = serve(host, true)) {
      for (JsonNode said : answers(server, "secret")) {
        assertEquals("unverified", said.path("verified").asText());
      }
      assertEquals("unverified", listed(server, "secret").path("verified").asText());
    }
  }

  @Test
  void anAdapterThatNobodyCanCheckIsNotServed() throws Exception {
    try (HeSetup host = HeSetup.untagged(owner, directory);
        TestServer server = serve(host, false)) {
      HttpResponse<String> answer = ask(server, "/v1/completions", "'prompt':'hi'", "secret");
      assertEquals(503, answer.statusCode(), answer.body());
      assertTrue(answer.body().contains("adapter_unavailable"), answer.body());
      assertEquals("unverified", listed(server, "secret").path("verified").asText());
      assertEquals(200, ask(server, "/v1/completions", "'prompt':'hi'", "plain").statusCode());
    }
  }
}
