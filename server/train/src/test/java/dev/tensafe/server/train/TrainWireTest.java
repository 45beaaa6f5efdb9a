package dev.tensafe.server.train;

import static dev.tensafe.server.train.TrainCalls.json;
import static dev.tensafe.server.train.TrainCalls.pass;
import static dev.tensafe.server.train.TrainCalls.step;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedOutputStream;
import dev.tensafe.server.train.TrainCalls.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The wire: who sees what, what is one call and what is two, and what wrong input does. */
class TrainWireTest {
  private static final int[] TEXT = {1, 410, 263, 361, 420, 399, 310};
  private static final ObjectNode LORA = json("{'lora_config': {'rank': 4}}");

  @TempDir static Path directory;
  private static TrainServer server;
  private static TrainCalls ann;
  private static TrainCalls ben;
  private static TrainCalls reader;

  @BeforeAll
  static void start() throws Exception {
    Path keys = directory.resolve("keys.json");
    Files.writeString(keys, keyFile());
    server = TrainServers.start(TrainServers.settings(directory.resolve("state"), keys, null));
    url = server.listen();
    ann = new TrainCalls(url, "key-of-ann");
    ben = new TrainCalls(url, "key-of-ben");
    reader = new TrainCalls(url, "key-of-reader");
  }

  private static String keyFile() throws Exception {
    ObjectNode file = json("{}");
    var list = file.putArray("keys");
    for (String[] key : new String[][] {{"ann", "train"}, {"ben", "train"}, {"reader", "infer"}}) {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(("key-of-" + key[0]).getBytes(UTF_8));
      list.addObject()
          .put("name", key[0])
          .put("sha256", HexFormat.of().formatHex(hash))
          .putArray("scopes")
          .add(key[1]);
    }
    return file.toString();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void aKeyWithoutTheScopeIsRefused() {
    assertEquals(403, reader.post("create_session", json("{}")).status());
    Answer nobody = new TrainCalls(urlOf(), null).post("create_session", json("{}"));
    assertEquals(401, nobody.status());
  }

  private static String url;

  private static String urlOf() {
    return url;
  }

  @Test
  void aTenantSeesNothingOfAnother() {
    String session = ann.session();
    String model = ann.model(session, 0, LORA);
    ann.done("forward_backward", pass(model, 1, TEXT));
    String request = ann.ok("optim_step", step(model, 2, 1e-3)).path("request_id").asText();
    ann.result(request);
    String saved =
        ann.done("save_weights", json("{'path': 'mine'}").put("model_id", model).put("seq_id", 3))
            .path("path")
            .asText();
    String published =
        ann.done(
                "save_weights_for_sampler",
                json("{'path': 'mine'}").put("model_id", model).put("seq_id", 4))
            .path("path")
            .asText();

    assertEquals("tuning.no_model", ben.post("forward_backward", pass(model, 5, TEXT)).code());
    assertEquals("tuning.no_model", ben.post("get_info", json("{}").put("model_id", model)).code());
    Answer stolen = ben.post("retrieve_future", json("{}").put("request_id", request));
    assertEquals(410, stolen.status());
    assertEquals(
        ben.post("retrieve_future", json("{'request_id': 'call-of-nobody'}")).body(),
        stolen.body(),
        "the same answer as for what there never was");
    assertEquals(
        404, ben.post("session_heartbeat", json("{}").put("session_id", session)).status());
    ObjectNode ask =
        json("{'prompt': {'chunks': [{'tokens': [1, 410]}]}}").put("model_path", published);
    assertEquals("tuning.no_weights", ben.post("asample", ask).code());
    assertEquals(404, ben.get("/api/v1/training_runs/" + model + "/checkpoints").status());
    assertFalse(ben.ok("tensafe/calls", json("{}")).toString().contains(model));
    String own = ben.model(ben.session(), 0, LORA);
    JsonNode loaded =
        ben.result(
            ben.ok(
                    "load_weights",
                    json("{}").put("model_id", own).put("seq_id", 1).put("path", saved))
                .path("request_id")
                .asText());
    assertEquals("tuning.no_checkpoint", loaded.path("code").asText());
    assertEquals("user", loaded.path("category").asText());
    assertTrue(
        ann.get("/api/v1/training_runs/" + model + "/checkpoints")
            .body()
            .path("checkpoints")
            .findValuesAsText("tinker_path")
            .contains(saved));
    ann.done("unload_model", json("{}").put("model_id", model));
    ben.done("unload_model", json("{}").put("model_id", own));
  }

  @Test
  void theSameCallTwiceIsOneCall() {
    String session = ann.session();
    ObjectNode create =
        json("{'base_model': 'tiny', 'lora_config': {'rank': 4}}")
            .put("session_id", session)
            .put("model_seq_id", 3);
    JsonNode first = ann.ok("create_model", create);
    assertEquals(first, ann.ok("create_model", create));
    String model = first.path("model_id").asText();
    ann.result(first.path("request_id").asText());
    ObjectNode pass = pass(model, 1, TEXT);
    JsonNode call = ann.ok("forward_backward", pass);
    assertEquals(call, ann.ok("forward_backward", pass));
    JsonNode result = ann.result(call.path("request_id").asText());
    assertEquals(result, ann.result(call.path("request_id").asText()), "kept after it was fetched");
    Answer other = ann.post("forward_backward", pass(model, 1, new int[] {1, 2, 3}));
    assertEquals(409, other.status());
    assertEquals("tuning.conflict", other.code());
    ann.done("optim_step", step(model, 2, 1e-3));
    assertEquals("tuning.too_late", ann.post("optim_step", step(model, 0, 1e-3)).code());
    ann.done("unload_model", json("{}").put("model_id", model));
    assertEquals("tuning.unloaded", ann.post("optim_step", step(model, 9, 1e-3)).code());
  }

  @Test
  void callsRunInTheirSequenceHoweverTheyCome() {
    String model = ann.model(ann.session(), 0, LORA);
    String step = ann.ok("optim_step", step(model, 3, 1e-2)).path("request_id").asText();
    String second = ann.ok("forward_backward", pass(model, 2, TEXT)).path("request_id").asText();
    String first = ann.ok("forward_backward", pass(model, 1, TEXT)).path("request_id").asText();
    double a = ann.result(first).path("metrics").path("loss:sum").asDouble();
    double b = ann.result(second).path("metrics").path("loss:sum").asDouble();
    ann.result(step);
    double c =
        ann.done("forward_backward", pass(model, 4, TEXT))
            .path("metrics")
            .path("loss:sum")
            .asDouble();
    assertEquals(a, b, "both before the step");
    assertNotEquals(b, c, "after the step");
    ann.done("unload_model", json("{}").put("model_id", model));
  }

  @Test
  void protobufSaysTheSameAsJson() throws IOException {
    String model = ann.model(ann.session(), 0, LORA);
    JsonNode json = ann.done("forward_backward", pass(model, 1, TEXT).put("forward_only", true));
    byte[] message = message(model, 2, TEXT, true);
    Answer sent = ann.send("forward_backward", "application/x-protobuf", message);
    assertEquals(200, sent.status(), () -> sent.body().toString());
    assertEquals(json, ann.result(sent.body().path("request_id").asText()));
    ann.done("unload_model", json("{}").put("model_id", model));
  }

  private interface Fields {
    void to(CodedOutputStream out) throws IOException;
  }

  private static byte[] bytes(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.to(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static byte[] message(String model, int sequence, int[] text, boolean forwardOnly)
      throws IOException {
    ByteBuffer tokens = ByteBuffer.allocate(4 * (text.length - 1)).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer targets = ByteBuffer.allocate(8 * (text.length - 1)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i + 1 < text.length; i++) {
      tokens.putInt(text[i]);
      targets.putLong(text[i + 1]);
    }
    byte[] chunk = bytes(c -> c.writeByteArray(1, bytes(t -> t.writeByteArray(1, tokens.array()))));
    byte[] tensor =
        bytes(
            t -> {
              t.writeByteArray(1, targets.array());
              t.writeEnum(3, 2);
              t.writeInt64(4, text.length - 1);
            });
    byte[] input =
        bytes(
            i -> {
              i.writeString(1, "target_tokens");
              i.writeByteArray(2, tensor);
            });
    byte[] datum =
        bytes(
            d -> {
              d.writeByteArray(1, chunk);
              d.writeByteArray(2, input);
            });
    return bytes(
        m -> {
          m.writeString(1, model);
          m.writeInt32(2, sequence);
          m.writeByteArray(3, datum);
          m.writeString(4, "cross_entropy");
          m.writeBool(6, forwardOnly);
        });
  }

  @Test
  void wrongInputIsNamedAndHarmsNobody() throws IOException {
    String model = ann.model(ann.session(), 0, LORA);
    double before = loss(ann.done("forward", pass(model, 1, TEXT)));
    // what shows at once
    assertEquals(400, ann.send("optim_step", "application/json", "{".getBytes(UTF_8)).status());
    assertEquals("tuning.field", ann.post("optim_step", json("{}")).code());
    assertEquals(
        "tuning.field",
        ann.post("optim_step", json("{'adam_params': {'beta1': 2}}").put("model_id", model))
            .code());
    assertEquals(
        "tuning.path",
        ann.post("load_weights", json("{'path': '../../keys'}").put("model_id", model)).code());
    assertEquals(
        "tuning.protobuf",
        ann.send("forward_backward", "application/x-protobuf", new byte[] {26, -1, -1, -1, 127})
            .code());
    assertEquals(415, ann.send("forward_backward", "text/plain", new byte[0]).status());
    assertEquals(413, ann.send("forward_backward", "application/json", new byte[5 << 20]).status());
    assertEquals("tuning.field", ann.post("create_model", json("{'base_model': 'other'}")).code());
    ObjectNode image =
        json(
            "{'model_id': 'x', 'loss_fn': 'cross_entropy', 'data': [{'model_input':"
                + " {'chunks': [{'type': 'image', 'tokens': []}]}}]}");
    assertEquals("tuning.unsupported", ann.post("forward_backward", image).code());
    // what shows when it is done
    int sequence = 2;
    for (String wrong :
        new String[] {
          "{'data': [1.5, 2], 'dtype': 'float32'}",
          "{'data': [600, 1, 1, 1, 1, 1], 'dtype': 'int64'}",
          "{'data': [1, 2], 'dtype': 'int64'}"
        }) {
      ObjectNode body = pass(model, sequence++, TEXT);
      ((ObjectNode) body.at("/forward_backward_input/data/0/loss_fn_inputs"))
          .set("target_tokens", json(wrong));
      fails(body, "train.");
    }
    ObjectNode beyond = pass(model, sequence++, new int[] {1, 99_999, 2});
    fails(beyond, "train.");
    ObjectNode unknown = pass(model, sequence++, TEXT);
    ((ObjectNode) unknown.path("forward_backward_input")).put("loss_fn", "no_such_loss");
    fails(unknown, "train.loss");
    ObjectNode nan = pass(model, sequence++, TEXT);
    ((ObjectNode) nan.at("/forward_backward_input/data/0/loss_fn_inputs"))
        .set("weights", json("{'data': ['NaN', 1, 1, 1, 1, 1], 'dtype': 'float32'}"));
    fails(nan, "train.");
    // a stream of random bytes is no message, and no allocation
    java.util.Random random = new java.util.Random(20261128);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = new byte[1 + random.nextInt(200)];
      random.nextBytes(bytes);
      Answer answer = ann.send("forward_backward", "application/x-protobuf", bytes);
      assertTrue(answer.status() == 400 || answer.status() == 404, () -> answer.toString());
    }
    assertEquals(before, loss(ann.done("forward", pass(model, sequence, TEXT))), "nothing changed");
    ann.done("unload_model", json("{}").put("model_id", model));
  }

  private static double loss(JsonNode pass) {
    return pass.path("metrics").path("loss:sum").asDouble();
  }

  private static void fails(ObjectNode body, String code) {
    JsonNode result = ann.result(ann.ok("forward_backward", body).path("request_id").asText());
    assertTrue(result.path("code").asText().startsWith(code), result::toString);
    assertEquals("user", result.path("category").asText());
    assertFalse(result.path("error").asText().contains("99999"), "no value of the caller's data");
  }

  @Test
  void aTenantHasSoManyModelsAndNoMore() {
    String session = ben.session();
    for (int i = 0; i < 3; i++) {
      ben.model(session, i, LORA);
    }
    ObjectNode one =
        json("{'base_model': 'tiny'}").put("session_id", session).put("model_seq_id", 9);
    Answer refused = ben.post("create_model", one);
    assertEquals(429, refused.status());
    assertEquals("tuning.too_many_models", refused.code());
    ben.get("/api/v1/training_runs")
        .body()
        .path("training_runs")
        .forEach(
            run -> {
              if (run.path("active").asBoolean()) {
                ben.done(
                    "unload_model",
                    json("{}").put("model_id", run.path("training_run_id").asText()));
              }
            });
    ben.result(ben.ok("create_model", one).path("request_id").asText());
  }
}
