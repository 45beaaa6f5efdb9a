package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.metrics.ServerMetrics;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is not a good package is refused with its reason, and nobody else notices. */
class AdapterUploadTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private static Path directory;
  private static Path model;
  private static AdapterOwner owner;
  private static SigningKey other;
  private static TestServer server;
  private static String inferKey;
  private static String adaptersKey;
  private static String metricsKey;
  private static Path good;

  @BeforeAll
  static void start() throws Exception {
    model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    owner = new AdapterOwner(directory.resolve("owner"), model);
    other = SigningKey.generate(new SecureRandom());
    owner.trust(other, "other", List.of());
    Path keys = directory.resolve("keys.json");
    inferKey = new ApiKeyFile(keys).add("app", Set.of(ApiKeys.Scope.INFER));
    adaptersKey = new ApiKeyFile(keys).add("ops", Set.of(ApiKeys.Scope.ADAPTERS));
    metricsKey = new ApiKeyFile(keys).add("grafana", Set.of(ApiKeys.Scope.METRICS));
    server =
        TestServer.withAdapters(
            model,
            keys,
            new TestServer.Adapters(directory.resolve("adapters"), owner, 1 << 20, 512));
    good = owner.pack("good", 5, owner.peft(1));
    assertEquals(201, upload(good).statusCode());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void nothingIsLeftBehind() throws Exception {
    TestServer.await(
        "uploads to be deleted",
        () -> {
          try (Stream<Path> files = Files.list(directory.resolve("adapters/incoming"))) {
            return files.findAny().isEmpty();
          } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
    assertEquals(200, ask("good").statusCode());
  }

  private static HttpResponse<String> upload(Path file) throws Exception {
    return server.upload(file, "Authorization", "Bearer " + adaptersKey);
  }

  private static HttpResponse<String> ask(String name) throws Exception {
    String body =
        "{\"model\":\""
            + name
            + "\",\"prompt\":\"Once\",\"temperature\":0,\"ignore_eos\":true,\"max_tokens\":6}";
    return server.post("/v1/completions", body, "Authorization", "Bearer " + inferKey);
  }

  private static String code(HttpResponse<String> response) throws Exception {
    JsonNode error = MAPPER.readTree(response.body()).path("error");
    assertEquals(4, error.size(), response.body());
    return response.statusCode() + " " + error.path("code").asText();
  }

  private static Path changed(Path file, int at, int to) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    int index = at < 0 ? bytes.length + at : at;
    bytes[index] = (byte) (bytes[index] ^ to);
    return write(bytes);
  }

  private static Path write(byte[] bytes) throws Exception {
    return Files.write(Files.createTempFile(directory, "bad", ".tssp"), bytes);
  }

  private static Path peftWith(String key, String json) throws Exception {
    Path peft = Files.createTempDirectory(directory, "peft");
    for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(
          owner.peft(1).resolve(name), peft.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
    Path config = peft.resolve("adapter_config.json");
    ObjectNode node = (ObjectNode) MAPPER.readTree(config.toFile());
    node.set(key, MAPPER.readTree(json));
    MAPPER.writeValue(config.toFile(), node);
    return peft;
  }

  private static Path pack(
      String name, Path base, Mode mode, Policy policy, SigningKey signer, InstantSource clock)
      throws Exception {
    return owner.pack(name, 1, owner.peft(1), base, mode, policy, signer, clock);
  }

  /** Files that are no packages, were altered, or should not be accepted, and the answer due. */
  private static Map<Path, String> badPackages() throws Exception {
    InstantSource now = InstantSource.system();
    byte[] bytes = Files.readAllBytes(good);
    Map<Path, String> bad = new TreeMap<>();
    bad.put(write(new byte[0]), "400 adapter_not_a_package");
    bad.put(write("{\"hello\":1}".getBytes()), "400 adapter_not_a_package");
    bad.put(write(new byte[100_000]), "400 adapter_not_a_package");
    bad.put(write(Arrays.copyOf(bytes, 4)), "400 adapter_not_a_package");
    bad.put(write(Arrays.copyOf(bytes, 10)), "400 adapter_layout");
    bad.put(write(Arrays.copyOf(bytes, 2000)), "400 adapter_layout");
    bad.put(write(Arrays.copyOf(bytes, bytes.length - 1)), "400 adapter_layout");
    bad.put(write(Arrays.copyOf(bytes, bytes.length + 1)), "400 adapter_layout");
    bad.put(write(Arrays.copyOf(bytes, bytes.length + 99)), "400 adapter_layout");
    bad.put(changed(good, 0, 1), "400 adapter_not_a_package");
    bad.put(changed(good, 4, 1), "400 adapter_not_a_package");
    bad.put(changed(good, 8, 0x7f), "400 adapter_layout");
    bad.put(changed(good, 60, 1), "403 adapter_signature_invalid");
    bad.put(changed(good, 500, 1), "403 adapter_signature_invalid");
    bad.put(changed(good, -1, 1), "400 adapter_digest_mismatch");
    bad.put(changed(good, -800, 1), "400 adapter_digest_mismatch");
    SigningKey stranger = SigningKey.generate(new SecureRandom());
    bad.put(
        pack("strange", model, Mode.PLAIN, Policy.NONE, stranger, now),
        "403 adapter_issuer_unknown");
    bad.put(pack("good", model, Mode.PLAIN, Policy.NONE, other, now), "409 adapter_name_taken");
    bad.put(pack("tiny", model, Mode.PLAIN, Policy.NONE, owner.key, now), "409 adapter_name_taken");
    bad.put(owner.pack("good", 4, owner.peft(2)), "409 adapter_rollback");
    bad.put(owner.pack("good", 5, owner.peft(2)), "409 adapter_version_reused");
    Instant past = Instant.now().minus(Duration.ofDays(60));
    bad.put(
        pack("late", model, Mode.PLAIN, Policy.NONE, owner.key, InstantSource.fixed(past)),
        "400 adapter_expired");
    Instant future = Instant.now().plus(Duration.ofDays(2));
    bad.put(
        pack("early", model, Mode.PLAIN, Policy.NONE, owner.key, InstantSource.fixed(future)),
        "400 adapter_not_yet_valid");
    Path otherModel = directory.resolve("other-model");
    SyntheticModel.write(otherModel, TestServer.shape(), DType.F32, 6);
    bad.put(
        pack("foreign", otherModel, Mode.PLAIN, Policy.NONE, owner.key, now),
        "400 adapter_base_model_mismatch");
    Policy attested =
        new Policy(List.of(), OptionalLong.empty(), OptionalLong.empty(), true, false);
    bad.put(
        pack("attested", model, Mode.PLAIN, attested, owner.key, now),
        "400 adapter_policy_unsatisfiable");
    bad.put(
        pack("hidden", model, Mode.HE, Policy.NONE, owner.key, now),
        "400 adapter_mode_unsupported");
    bad.put(owner.checkpoint("resumed", owner.peft(1)), "400 adapter_mode_unsupported");
    AdapterOwner elsewhere = new AdapterOwner(Files.createTempDirectory(directory, "else"), model);
    bad.put(
        elsewhere.pack(
            "unreadable", 1, owner.peft(1), model, Mode.PLAIN, Policy.NONE, owner.key, now),
        "400 adapter_not_a_recipient");
    return bad;
  }

  @Test
  void badUploadsDuringGoodTrafficHarmNoRequest() throws Exception {
    Map<Path, String> bad = badPackages();
    assertTrue(bad.size() >= 25, bad.size() + " bad packages");
    String cold = ask("good").body().replaceAll(".*\"text\":", "");
    AtomicBoolean going = new AtomicBoolean(true);
    ExecutorService clients = Executors.newFixedThreadPool(4);
    AtomicInteger answers = new AtomicInteger();
    List<Future<?>> traffic = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String name = i % 2 == 0 ? "good" : "tiny:good";
      traffic.add(
          clients.submit(
              () -> {
                while (going.get()) {
                  HttpResponse<String> response = ask(name);
                  assertEquals(200, response.statusCode(), response.body());
                  assertEquals(cold, response.body().replaceAll(".*\"text\":", ""));
                  answers.incrementAndGet();
                }
                return null;
              }));
    }
    Map<String, String> wrong = new TreeMap<>();
    for (Map.Entry<Path, String> entry : bad.entrySet()) {
      String got = code(upload(entry.getKey()));
      if (!got.equals(entry.getValue())) {
        wrong.put(entry.getKey().getFileName() + " " + entry.getValue(), got);
      }
    }
    TestServer.await(
        "good requests", () -> answers.get() > 20 || traffic.stream().anyMatch(Future::isDone));
    going.set(false);
    for (Future<?> future : traffic) {
      future.get();
    }
    clients.shutdown();
    assertEquals(Map.of(), wrong);
    String metrics = server.get("/metrics", "Authorization", "Bearer " + metricsKey).body();
    assertTrue(
        metrics.contains("tensafe_adapter_refused_packages_total{reason=\"adapter_expired\"}"));
    assertEquals(1, server.registry.orElseThrow().list().size());
  }

  @Test
  void theSamePackageTwiceIsTheSameAdapter() throws Exception {
    HttpResponse<String> again = upload(good);
    assertEquals(200, again.statusCode());
    JsonNode adapter = MAPPER.readTree(again.body());
    assertEquals("good", adapter.path("id").asText());
    assertEquals(5, adapter.path("version").asInt());
    ExecutorService clients = Executors.newFixedThreadPool(3);
    Path fresh = owner.pack("twice", 1, owner.peft(3));
    List<Future<Integer>> both = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      both.add(clients.submit(() -> upload(fresh).statusCode()));
    }
    List<Integer> statuses = new ArrayList<>();
    for (Future<Integer> future : both) {
      statuses.add(future.get());
    }
    clients.shutdown();
    statuses.sort(null);
    assertEquals(List.of(200, 200, 201), statuses);
    server.delete("/v1/adapters/twice", "Authorization", "Bearer " + adaptersKey);
  }

  private static byte[] head(String path, String type, String... more) {
    StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    head.append("Authorization: Bearer ").append(adaptersKey).append("\r\n");
    head.append("Content-Type: ").append(type).append("\r\n");
    for (String line : more) {
      head.append(line).append("\r\n");
    }
    return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** Writes raw bytes and returns all that comes back until the server closes or answers. */
  private static String raw(boolean half, byte[]... pieces) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", server.uri("/").getPort())) {
      socket.setSoTimeout(30_000);
      OutputStream out = socket.getOutputStream();
      for (byte[] piece : pieces) {
        out.write(piece);
      }
      out.flush();
      if (half) {
        return "";
      }
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[8192];
      int count = in.read(buffer);
      return count < 0 ? "" : new String(buffer, 0, count, StandardCharsets.UTF_8);
    }
  }

  @Test
  void liesAboutLengthAreFoundAndNothingWaitsForever() throws Exception {
    byte[] bytes = Files.readAllBytes(owner.pack("liar", 1, owner.peft(4)));
    String type = "application/vnd.tensafe.tssp";
    String path = "/v1/adapters";
    // claims less than it sends: what was claimed is cut off in the middle
    String shorter = raw(false, head(path, type, "Content-Length: 3000"), bytes);
    assertTrue(shorter.startsWith("HTTP/1.1 400 "), shorter);
    assertTrue(shorter.contains("adapter_layout"), shorter);
    // claims more, and then waits
    String longer = raw(false, head(path, type, "Content-Length: " + (bytes.length + 1)), bytes);
    assertTrue(longer.startsWith("HTTP/1.1 408 "), longer);
    assertTrue(longer.contains("upload_stalled"), longer);
    // claims more than is allowed
    String huge = raw(false, head(path, type, "Content-Length: 99999999999"));
    assertTrue(huge.startsWith("HTTP/1.1 413 "), huge);
    // says nothing and sends more than is allowed
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    byte[] piece = new byte[64 << 10];
    for (int i = 0; i < 70; i++) {
      chunks.write((Integer.toHexString(piece.length) + "\r\n").getBytes());
      chunks.write(piece);
      chunks.write("\r\n".getBytes());
    }
    String endless =
        raw(false, head(path, type, "Transfer-Encoding: chunked"), chunks.toByteArray());
    assertTrue(endless.startsWith("HTTP/1.1 413 "), endless);
    assertTrue(endless.contains("adapter_file_too_large"), endless);
    // breaks off
    for (int length : new int[] {0, 1, 100, 3000, bytes.length - 1}) {
      raw(true, head(path, type, "Content-Length: " + bytes.length), Arrays.copyOf(bytes, length));
    }
    assertFalse(server.registry.orElseThrow().find("liar").isPresent());
    // chunked and whole is as good as any
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write((Integer.toHexString(bytes.length) + "\r\n").getBytes());
    whole.write(bytes);
    whole.write("\r\n0\r\n\r\n".getBytes());
    // those that broke off are noticed in a moment; until then they count as under way
    String[] fine = {""};
    TestServer.await(
        "room for an upload",
        () -> {
          try {
            fine[0] =
                raw(false, head(path, type, "Transfer-Encoding: chunked"), whole.toByteArray());
          } catch (Exception e) {
            throw new AssertionError(e);
          }
          return !fine[0].startsWith("HTTP/1.1 429 ");
        });
    assertTrue(fine[0].startsWith("HTTP/1.1 201 "), fine[0]);
    server.delete("/v1/adapters/liar", "Authorization", "Bearer " + adaptersKey);
  }

  private static HttpResponse<String> form(byte[]... files) throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (byte[] file : files) {
      body.write(
          "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.tssp\"\r\n"
              .getBytes());
      body.write("Content-Type: application/octet-stream\r\n\r\n".getBytes());
      body.write(file);
      body.write("\r\n".getBytes());
    }
    body.write("--b--\r\n".getBytes());
    HttpRequest request =
        HttpRequest.newBuilder(server.uri("/v1/adapters"))
            .header("Authorization", "Bearer " + adaptersKey)
            .header("Content-Type", "multipart/form-data; boundary=b")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
            .build();
    return server.http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void formsCarryOnePackage() throws Exception {
    byte[] bytes = Files.readAllBytes(owner.pack("formed", 1, owner.peft(5)));
    assertEquals("400 adapter_missing", code(form()));
    assertEquals("400 adapter_ambiguous", code(form(bytes, bytes)));
    assertEquals(201, form(bytes).statusCode());
    assertEquals(200, ask("formed").statusCode());
    server.delete("/v1/adapters/formed", "Authorization", "Bearer " + adaptersKey);
  }

  @Test
  void changesNeedTheirOwnScope() throws Exception {
    assertEquals(
        "403 missing_scope", code(server.upload(good, "Authorization", "Bearer " + inferKey)));
    assertEquals("401 missing_api_key", code(server.upload(good)));
    assertEquals(
        "403 missing_scope",
        code(server.delete("/v1/adapters/good", "Authorization", "Bearer " + inferKey)));
    assertEquals(
        200, server.get("/v1/adapters", "Authorization", "Bearer " + inferKey).statusCode());
    assertEquals(
        200,
        server.get("/v1/adapters/good", "Authorization", "Bearer " + adaptersKey).statusCode());
    assertEquals(
        "403 missing_scope",
        code(
            server.post(
                "/v1/completions",
                "{\"model\":\"good\",\"prompt\":\"x\"}",
                "Authorization",
                "Bearer " + adaptersKey)));
    assertEquals(
        "404 adapter_not_found",
        code(server.get("/v1/adapters/..%2f..%2fkeys", "Authorization", "Bearer " + adaptersKey)));
    HttpRequest text =
        HttpRequest.newBuilder(server.uri("/v1/adapters"))
            .header("Authorization", "Bearer " + adaptersKey)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"path\":\"/etc/passwd\"}"))
            .build();
    assertEquals(
        "415 unsupported_media_type",
        code(server.http.send(text, HttpResponse.BodyHandlers.ofString())));
  }

  @Test
  void modelsAreListedBaseFirstWithParentAndDigest() throws Exception {
    HttpResponse<String> response = server.get("/v1/models", "Authorization", "Bearer " + inferKey);
    JsonNode data = MAPPER.readTree(response.body()).path("data");
    assertEquals("tiny", data.get(0).path("id").asText());
    JsonNode adapter = data.get(1);
    assertEquals("good", adapter.path("id").asText());
    assertEquals("tiny", adapter.path("parent").asText());
    String digest = adapter.path("adapter_digest").asText();
    JsonNode answer = MAPPER.readTree(ask("tiny:good").body());
    assertEquals("tiny:good", answer.path("model").asText());
    assertEquals(digest, answer.at("/tensafe/adapter_digest").asText());
    assertEquals("plain", answer.at("/tensafe/mode").asText());
    assertEquals(0, answer.at("/tensafe/rotations").asInt());
    assertTrue(answer.at("/tensafe/profile").isNull());
    assertTrue(answer.at("/tensafe/verified").isNull());
    assertTrue(MAPPER.readTree(ask("tiny").body()).at("/tensafe/adapter_digest").isNull());
    for (String id : List.of("good", "tiny:good")) {
      HttpResponse<String> one =
          server.get("/v1/models/" + id, "Authorization", "Bearer " + inferKey);
      assertEquals(digest, MAPPER.readTree(one.body()).path("adapter_digest").asText());
    }
    for (String name : List.of("nobody", "tiny:nobody", "other:good", "tiny:", ":good", "GOOD")) {
      assertEquals("404 model_not_found", code(ask(name)));
    }
  }

  @Test
  void anOwnersListOfTenantsIsKept() throws Exception {
    Policy policy =
        new Policy(List.of("app"), OptionalLong.empty(), OptionalLong.empty(), false, false);
    assertEquals(
        201,
        upload(pack("mine", model, Mode.PLAIN, policy, owner.key, InstantSource.system()))
            .statusCode());
    Policy others =
        new Policy(List.of("nobody"), OptionalLong.empty(), OptionalLong.empty(), false, false);
    assertEquals(
        201,
        upload(pack("theirs", model, Mode.PLAIN, others, owner.key, InstantSource.system()))
            .statusCode());
    assertEquals(200, ask("mine").statusCode());
    assertEquals("403 adapter_tenant_not_allowed", code(ask("theirs")));
    for (String name : List.of("mine", "theirs")) {
      server.delete("/v1/adapters/" + name, "Authorization", "Bearer " + adaptersKey);
    }
  }

  @Test
  void anOwnersBudgetOfTokensIsKept() throws Exception {
    // every request here may use 4 tokens of prompt and 6 of output
    Policy total = new Policy(List.of(), OptionalLong.empty(), OptionalLong.of(25), false, false);
    upload(pack("counted", model, Mode.PLAIN, total, owner.key, InstantSource.system()));
    assertEquals(200, ask("counted").statusCode());
    assertEquals(200, ask("counted").statusCode());
    assertEquals("429 adapter_budget_exhausted", code(ask("counted")));
    try (ServerMetrics metrics =
        new ServerMetrics("tiny", server.engine, server.registry, Clock.systemUTC())) {
      TestServer.await(
          "the use of the budget",
          () ->
              metrics
                  .scrape()
                  .contains("tensafe_adapter_budget_used_tokens{adapter=\"counted\"} 20.0\n"));
      String text = metrics.scrape();
      assertTrue(text.contains("tensafe_adapter_budget_tokens{adapter=\"counted\"} 25.0\n"), text);
    }
    Policy daily = new Policy(List.of(), OptionalLong.of(10), OptionalLong.empty(), false, false);
    upload(pack("daily", model, Mode.PLAIN, daily, owner.key, InstantSource.system()));
    assertEquals(200, ask("daily").statusCode());
    assertEquals("429 adapter_budget_exhausted", code(ask("daily")));
    assertEquals(0, server.registry.orElseThrow().find("daily").orElseThrow().users());
    for (String name : List.of("counted", "daily")) {
      server.delete("/v1/adapters/" + name, "Authorization", "Bearer " + adaptersKey);
    }
  }

  @Test
  void unservableAdaptersAreRefusedByNameBeforeTheyArePacked() throws Exception {
    // the packer shares its reader with the server, so what it refuses never becomes a package
    for (String[] wrong :
        new String[][] {
          {"use_dora", "true", "peft.unsupported"},
          {"modules_to_save", "[\"lm_head\"]", "peft.unsupported"},
          {"bias", "\"all\"", "peft.unsupported"},
          {"target_modules", "[\"q_proj\"]", "peft.tensor_unknown"},
        }) {
      Path peft = peftWith(wrong[0], wrong[1]);
      var error =
          org.junit.jupiter.api.Assertions.assertThrows(
              dev.tensafe.formats.CodedException.class, () -> owner.pack("x", 1, peft));
      assertEquals(wrong[2], error.code());
    }
  }
}
