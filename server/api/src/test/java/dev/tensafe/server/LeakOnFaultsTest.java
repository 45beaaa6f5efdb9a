package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.he.Profile;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.owner.host.HostSpans;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.testkit.OtlpReceiver;
import dev.tensafe.tracing.Tracing;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * As {@link LeakTest}, for what goes wrong on the way: what comes too late, is too large or too
 * much, and what fails while an answer is being written, with a prompt in the exception's message.
 */
class LeakOnFaultsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path dir;
  private LeakSearch leaks;
  private final Saboteur saboteur = new Saboteur();
  private final Set<String> outcomes = new TreeSet<>();
  private TestServer server;
  private String key;

  @BeforeEach
  void listen() throws Exception {
    leaks = new LeakSearch(dir);
  }

  @AfterEach
  void quiet() {
    leaks.close();
  }

  /** Fails steps of requests by their names: a number of steps, and in what way. */
  private static final class Saboteur implements ForwardHook {
    private final Map<String, Integer> steps = new HashMap<>();
    private final Map<String, String> messages = new ConcurrentHashMap<>();

    @Override
    public boolean start(StepRows rows) {
      for (int sequence = 0; sequence < rows.sequences(); sequence++) {
        String[] name = rows.requestId(sequence).split("\\.", 3);
        if (name.length < 3
            || steps.merge(rows.requestId(sequence), 1, Integer::sum) < Integer.parseInt(name[1])) {
          continue;
        }
        String message = "cannot compute '" + messages.get(rows.requestId(sequence)) + "'";
        switch (name[0]) {
          case "sequence" ->
              rows.fail(sequence, new IllegalStateException(message, new IOException(message)));
          case "step" -> throw new IllegalArgumentException(message);
          case "engine" -> throw new AssertionError(message);
          default -> {}
        }
      }
      return false;
    }

    @Override
    public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {}

    @Override
    public void finish(Projection projection, RowMatrix y, StepRows rows) {}
  }

  private ObjectNode chat(LeakSearch.Marks m, boolean stream) {
    ObjectNode body = MAPPER.createObjectNode().put("model", "tiny").put("max_tokens", 200);
    body.put("stream", stream).put("user", m.in("user"));
    body.put("guided_regex", "zq[a-z]{120}");
    var messages = body.putArray("messages");
    messages.addObject().put("role", "system").put("content", "Be " + m.in("system prompt"));
    messages.addObject().put("role", "user").put("content", "Say " + m.in("prompt") + " now");
    return body;
  }

  private String head(String path, String length, LeakSearch.Marks m, String... more) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + key
        + "\r\nUser-Agent: "
        + m.in("agent")
        + "\r\n"
        + String.join("", more)
        + (length.isEmpty() ? "" : "Content-Length: " + length + "\r\n\r\n");
  }

  private Socket send(String text) throws IOException {
    Socket socket = new Socket("127.0.0.1", server.uri("").getPort());
    socket.setSoTimeout(60_000);
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  /** What came until the other side ended it. */
  private static String rest(Socket socket) throws IOException {
    try (socket) {
      StringBuilder out = new StringBuilder();
      byte[] buffer = new byte[8192];
      try {
        int count;
        while ((count = socket.getInputStream().read(buffer)) >= 0) {
          out.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
        }
      } catch (java.net.SocketException e) {
        out.append("(reset)");
      }
      return out.toString();
    }
  }

  private void refused(String where, int status, String code, String answer, LeakSearch.Marks m) {
    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), where + ": " + answer);
    assertTrue(answer.contains("\"" + code + "\""), where + ": " + answer);
    leaks.search("the answer to " + where, answer, m.own);
    outcomes.add(status + " " + code);
  }

  private void refused(
      String where, int status, String code, HttpResponse<String> answer, LeakSearch.Marks m) {
    refused(where, status, code, "HTTP/1.1 " + answer.statusCode() + " " + answer.body(), m);
    answer.headers().map().forEach((n, v) -> leaks.search("a header", n + v, Set.of()));
  }

  private HttpResponse<String> post(String body, String... headers) throws Exception {
    List<String> all = new ArrayList<>(List.of("Authorization", "Bearer " + key));
    all.addAll(List.of(headers));
    return server.post(CHAT, body, all.toArray(String[]::new));
  }

  private void lateOnes(long seed) throws Exception {
    LeakSearch.Marks m = leaks.marks(seed);
    // all at once, as each takes seconds
    Socket head =
        send(head("/v1/" + m.in("path"), "", m, "x-" + m.in("header") + ": " + m.in("value")));
    String half = chat(m, true).toString();
    Socket body = send(head(CHAT, "5000", m) + half);
    Socket chunked =
        send(
            head(CHAT, "", m, "Transfer-Encoding: chunked\r\n\r\n")
                + Integer.toHexString(half.length())
                + "\r\n"
                + half
                + "\r\n");
    Socket upload =
        send(
            head("/v1/adapters", "900000", m, "Content-Type: application/vnd.tensafe.tssp\r\n")
                + "TSSP"
                + m.in("package").repeat(100));
    refused("a head that is late", 408, "request_timeout", rest(head), m);
    refused("an upload that is late", 408, "upload_stalled", rest(upload), m);
    for (Socket late : List.of(body, chunked)) {
      String answer = rest(late);
      assertFalse(answer.contains("200 OK"), answer);
      leaks.search("the answer to a body that is late", answer, Set.of());
    }
  }

  private void largeOnes(long seed) throws Exception {
    LeakSearch.Marks m = leaks.marks(seed);
    String large = chat(m, false).put("pad", m.in("pad").repeat(140_000)).toString();
    refused("a large body", 413, "body_too_large", post(large), m);
    StringBuilder chunks = new StringBuilder();
    for (int at = 0; at < large.length(); at += 60_000) {
      String piece = large.substring(at, Math.min(large.length(), at + 60_000));
      chunks.append(Integer.toHexString(piece.length())).append("\r\n");
      chunks.append(piece).append("\r\n");
    }
    String answer =
        rest(send(head(CHAT, "", m, "Transfer-Encoding: chunked\r\n\r\n") + chunks + "0\r\n\r\n"));
    // a client that goes on sending may see its connection end before the answer
    if (!answer.equals("(reset)")) {
      refused("a large body in chunks", 413, "body_too_large", answer, m);
    }
    Path package1 = dir.resolve("large.tssp");
    Files.writeString(package1, m.in("package").repeat(300_000));
    HttpResponse<String> upload = server.upload(package1, "Authorization", "Bearer " + key);
    assertEquals(413, upload.statusCode(), upload.body());
    leaks.search("the answer to a large upload", upload.body(), m.own);
  }

  private void queuedOnes(long seed) throws Exception {
    LeakSearch.Marks m = leaks.marks(seed);
    // more outputs than run at once: the others wait
    ObjectNode many = chat(m, true).put("n", 100).put("ignore_eos", true).put("max_tokens", 3000);
    many.remove("guided_regex");
    String body = many.toString();
    Socket running = send(head(CHAT, "" + body.length(), m) + body);
    assertTrue(running.getInputStream().read() > 0);
    LeakSearch.Marks other = leaks.marks(seed + 1);
    refused(
        "a request beyond the queue",
        429,
        "queue_full",
        post(chat(other, false).put("n", 100).toString()),
        other);
    running.close();
    server.awaitIdle();
    List<Socket> declared = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      declared.add(
          send(head(CHAT, "" + (2 << 20), m, "Expect: 100-continue\r\n") + m.in("prompt")));
    }
    StringBuilder answers = new StringBuilder();
    TestServer.await(
        "a refusal",
        () -> {
          declared.forEach(socket -> answers.append(ready(socket)));
          return answers.indexOf("tenant_queue_full") >= 0;
        });
    outcomes.add("429 tenant_queue_full");
    leaks.search("the answer to large bodies", answers.toString(), Set.of());
    for (Socket socket : declared) {
      socket.close();
    }
    LeakSearch.Marks third = leaks.marks(seed + 2);
    refused(
        "a request beyond the budget",
        429,
        "adapter_budget_exhausted",
        post(chat(third, true).put("model", "few").toString()),
        third);
  }

  private static String ready(Socket socket) {
    try {
      int ready = socket.getInputStream().available();
      return new String(socket.getInputStream().readNBytes(ready), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  /** Asks a request that fails as its name says; its message is the prompt and more. */
  private HttpResponse<String> fail(String name, ObjectNode body, LeakSearch.Marks m)
      throws Exception {
    saboteur.messages.put(name, m.in("an exception's message") + body);
    return post(body.toString(), "X-Request-Id", name);
  }

  private void failedSteps(long seed) throws Exception {
    int n = 0;
    for (String kind : List.of("sequence", "step")) {
      String code = kind.equals("step") ? "engine.step_failed" : "engine.hook_failed";
      for (boolean stream : new boolean[] {false, true}) {
        LeakSearch.Marks m = leaks.marks(seed + 10 + n++);
        refused("a failed " + kind, 500, code, fail(kind + ".1." + n, chat(m, stream), m), m);
      }
      LeakSearch.Marks m = leaks.marks(seed + 10 + n++);
      brokenOff(code, fail(kind + ".30." + n, chat(m, true), m));
    }
  }

  /** A stream that ended with an error: what came of the answer is looked for from now on. */
  private void brokenOff(String code, HttpResponse<String> answer) throws Exception {
    assertEquals(200, answer.statusCode(), answer.body());
    StringBuilder text = new StringBuilder();
    String error = "";
    for (String line : answer.body().lines().filter(l -> l.startsWith("data: {")).toList()) {
      JsonNode event = MAPPER.readTree(line.substring("data: ".length()));
      text.append(event.at("/choices/0/delta/content").asText());
      error = event.has("error") ? event.toString() : error;
    }
    assertTrue(error.contains("\"" + code + "\""), error + " ends " + answer.body());
    leaks.rememberBeginning(text.toString());
    leaks.search("the error in a stream", error, Set.of());
    outcomes.add("in the stream " + code);
  }

  private void goneClients(long seed) throws Exception {
    LeakSearch.Marks m = leaks.marks(seed + 30);
    for (boolean reset : new boolean[] {false, true}) {
      String body = chat(m, true).toString();
      Socket socket = send(head(CHAT, "" + body.length(), m) + body);
      assertTrue(socket.getInputStream().read() > 0);
      if (reset) {
        socket.setSoLinger(true, 0);
      }
      socket.close();
    }
    server.awaitIdle();
  }

  /** The adapter host goes away while it takes part in an answer. */
  private void lostHost(HeSetup host, long seed) throws Exception {
    LeakSearch.Marks m = leaks.marks(seed + 40);
    ObjectNode endless = chat(m, true).put("model", "secret").put("max_tokens", 2000);
    endless.put("ignore_eos", true).remove("guided_regex");
    String body = endless.toString();
    try (Socket socket = send(head(CHAT, "" + body.length(), m) + body);
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      String line = in.readLine();
      assertTrue(line.contains("200"), line);
      int events = 0;
      String last = "";
      while ((line = in.readLine()) != null && !line.contains("[DONE]")) {
        if (line.startsWith("data: {")) {
          last = line;
          if (++events == 3) {
            host.close();
          }
        }
      }
      assertTrue(events >= 3 && last.contains("\"error\""), last);
      leaks.search("the error of a stream whose host is gone", last, Set.of());
      outcomes.add("in the stream, a lost host");
    }
    refused(
        "a request whose host is gone",
        503,
        "adapter_unavailable",
        post(chat(m, false).put("model", "secret").toString()),
        m);
  }

  private void deadEngine(long seed) throws Exception {
    LeakSearch.Marks m = leaks.marks(seed + 50);
    brokenOff("server_stopping", fail("engine.30.x", chat(m, true), m));
    refused("a request to no engine", 503, "not_ready", post(chat(m, true).toString()), m);
  }

  private String watched() throws Exception {
    String[] bearer = {"Authorization", "Bearer " + key};
    String[] open = {
      "Authorization", "Bearer " + key, "Accept", "application/openmetrics-text; version=1.0.0"
    };
    return server.get("/metrics", bearer).body()
        + server.get("/metrics", open).body()
        + server.get("/v1/status", bearer).body();
  }

  @Test
  void whatGoesWrongShowsNothingOfAClients() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    Path keys = dir.resolve("keys.json");
    String tenant = leaks.marks(seed - 1).in("tenant's name");
    key = new ApiKeyFile(keys).add(tenant, Set.of(ApiKeys.Scope.values()));
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Tracing theirs = TestServer.tracing(receiver, "tensafe-adapter-host");
        HeSetup host = HeSetup.unix(owner, dir)) {
      host.host.traceWith(HostSpans.of(theirs));
      TestServer.Adapters adapters =
          new TestServer.Adapters(
              dir.resolve("adapters"),
              owner,
              256 << 20,
              1024,
              Optional.of(host.mode(HeSetup.quick(Profile.FAST, 30_000).withTraces(true), null)),
              List.of(saboteur));
      try (TestServer started = TestServer.traced(model, keys, 64, adapters, receiver)) {
        server = started;
        String[] bearer = {"Authorization", "Bearer " + key};
        Policy policy =
            new Policy(List.of(), OptionalLong.empty(), OptionalLong.of(5), false, false);
        Path few =
            owner.pack(
                "few",
                1,
                owner.peft(2),
                model,
                Mode.PLAIN,
                policy,
                owner.key,
                InstantSource.system());
        assertEquals(201, server.upload(few, bearer).statusCode());
        Path encrypted = owner.packEncrypted("secret", 1, owner.peft(3));
        host.deliver(encrypted);
        assertEquals(201, server.upload(encrypted, bearer).statusCode());
        lateOnes(seed + 1_000);
        largeOnes(seed + 2_000);
        queuedOnes(seed + 3_000);
        failedSteps(seed);
        goneClients(seed);
        lostHost(host, seed);
        deadEngine(seed);
        // labels of tenants are names, as METRICS.md says
        leaks.search("metrics or status", watched(), Set.of(tenant));
        receiver.await("a request that failed", s -> s.error() && s.name().startsWith("chat"));
      }
      theirs.close();
      leaks.search(receiver);
    }
    String logged = leaks.lines();
    leaks.search("a line of the log", logged, Set.of());
    assertFalse(logged.contains(key), "a key is in the log");
    System.out.println(outcomes + "; " + leaks.size() + " marks");
    assertEquals(Map.of(), leaks.leaks());
    // it did look at what was said of the faults
    for (String said :
        List.of("internal error in a step", "the engine, which stops", "AccessLog")) {
      assertTrue(logged.contains(said), said);
    }
    namesItsRequest(logged);
    leaks.search("a planted line", "x" + leaks.any() + "x", Set.of());
    assertEquals(1, leaks.leaks().size());
  }

  /** Lines of the engine's thread about one output are lines of its request. */
  private static void namesItsRequest(String logged) throws Exception {
    int found = 0;
    for (String line : logged.lines().toList()) {
      if (line.contains("internal error in a projection's hook")) {
        JsonNode fields = MAPPER.readTree(line);
        assertTrue(fields.path("request_id").asText().startsWith("sequence."), line);
        assertTrue(fields.path("trace_id").asText().matches("[0-9a-f]{32}"), line);
        assertTrue(fields.path("tenant").asText().matches("[0-9a-f]{16}"), line);
        found++;
      }
    }
    assertEquals(3, found);
  }
}
