package dev.tensafe.dashboards;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.testkit.Checkout;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/**
 * What an operator runs: a server with API keys, plain and encrypted adapters, speculation and a
 * prefix cache; an adapter host; a run of training; Prometheus, which scrapes all three every
 * second and evaluates the rules that are committed. And clients, of which some fail.
 */
final class LiveStack implements AutoCloseable {
  static final String MODEL = "tiny";

  private final Path directory;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Program> programs = new ArrayList<>();
  private final List<Thread> clients = new ArrayList<>();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final int hostPort = freePort();
  private final int trainPort = freePort();
  private final int prometheusPort = freePort();
  private final Program host;
  private final String server;
  private final String key;

  LiveStack(Path directory) throws Exception {
    this.directory = directory;
    String prometheus = Program.installed("prometheus");
    try {
      List<Program> keys = new ArrayList<>();
      for (String kind : List.of("signing", "recipient", "sealed")) {
        String what = kind.equals("signing") ? "signing" : "recipient";
        keys.add(tensafe("keygen", what, "--out", path(kind), "--no-passphrase"));
      }
      key =
          tensafe(
                  "apikey",
                  "add",
                  "--file",
                  path("keys.json"),
                  "--name",
                  "load",
                  "--scope",
                  "infer,metrics,adapters")
              .ended()
              .strip();
      Files.writeString(directory.resolve("prometheus.key"), key);
      model();
      for (Program made : keys) {
        made.ended();
      }
      tensafe("trust", "add", "--dir", path("trust"), "--name", "owner", path("signing.pub"))
          .ended();
      Program plain = pack("plain", "--mode", "plain");
      Program sealed =
          pack("sealed", "--mode", "he", "--adapter-host-recipient", path("sealed.pub"));
      Program limited = pack("limited", "--mode", "plain", "--max-tokens-total", "1000000");
      plain.ended();
      sealed.ended();
      limited.ended();
      Files.createDirectories(directory.resolve("hosted"));
      Files.copy(directory.resolve("sealed.tssp"), directory.resolve("hosted/sealed.tssp"));
      host =
          tensafe(
              "adapter-host",
              "--listen",
              "unix:" + path("he.sock"),
              "--adapters",
              path("hosted"),
              "--trust",
              path("trust"),
              "--recipient-key",
              path("sealed.key"),
              "--metrics-port",
              Integer.toString(hostPort));
      host.said(Pattern.compile("(listening on)"));
      Program served =
          tensafe(
              "serve",
              "--model",
              path("model"),
              "--served-model-name",
              MODEL,
              "--port",
              "0",
              "--api-keys",
              path("keys.json"),
              "--adapters",
              path("store"),
              "--trust",
              path("trust"),
              "--recipient-key",
              path("recipient.key"),
              "--adapter-host",
              "unix:" + path("he.sock"),
              "--adapter-host-timeout-millis",
              "800",
              "--threads",
              "1",
              "--speculation",
              "prompt-lookup",
              "--max-running",
              "4",
              "--kv-cache-mib",
              "8",
              "--state-dir",
              path("state"));
      // late, as it takes a whole core
      train();
      server = served.said(Pattern.compile("listening on (http\\S+)"));
      Files.writeString(directory.resolve("prometheus.yml"), prometheusConfig());
      programs.add(
          Program.start(
              directory.resolve("prometheus.log"),
              prometheus,
              "--config.file=" + path("prometheus.yml"),
              "--storage.tsdb.path=" + path("data"),
              "--web.listen-address=127.0.0.1:" + prometheusPort,
              "--enable-feature=exemplar-storage",
              "--log.level=warn"));
      upload();
      load();
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  private Program tensafe(String... arguments) throws IOException {
    Program program =
        Program.tensafe(directory.resolve("program-" + programs.size() + ".log"), arguments);
    programs.add(program);
    return program;
  }

  private void train() throws IOException {
    StringBuilder data = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      data.append("{\"messages\": [{\"role\": \"user\", \"content\": \"How much is ").append(i);
      data.append("?\"}, {\"role\": \"assistant\", \"content\": \"So much.\"}]}\n");
    }
    Files.writeString(directory.resolve("data.jsonl"), data);
    Files.writeString(
        directory.resolve("train.yaml"),
        "output: "
            + path("trained")
            + "\ntrain: "
            + path("data.jsonl")
            + """

            what: all
            scratch: {hidden-size: 32, intermediate-size: 48, layers: 2, heads: 4, kv-heads: 2,
              vocab-size: 300, positions: 64}
            sequence-length: 64
            micro-batch: 1
            validation-share: 0.1
            validate-every: 5
            checkpoint-every: 200
            steps: 1000000
            threads: 1
            """);
    tensafe("train", "--config", path("train.yaml"), "--metrics-port", Integer.toString(trainPort));
  }

  private void model() throws IOException {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, SyntheticModel.llama(32, 64, 2, 4, 2, 300, 512), DType.F32, 5);
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      SyntheticAdapter.write(
          directory.resolve("peft"),
          BaseProjections.of(checkpoint),
          List.of("q_proj", "v_proj"),
          4,
          DType.F32,
          7);
    }
  }

  private Program pack(String name, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "pack",
                "--peft",
                path("peft"),
                "--base",
                path("model"),
                "--name",
                name,
                "--probes",
                "2",
                "--package-version",
                "1",
                "--signing-key",
                path("signing.key"),
                "--recipient",
                path("recipient.pub"),
                "--out",
                path(name + ".tssp")));
    arguments.addAll(List.of(more));
    return tensafe(arguments.toArray(new String[0]));
  }

  private String prometheusConfig() {
    return """
    global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
    rule_files: [%s/deploy/prometheus/rules/*.yml]
    scrape_configs:
      - job_name: tensafe
        authorization: {type: Bearer, credentials_file: prometheus.key}
        static_configs: [{targets: ["%s"]}]
      - job_name: tensafe-adapter-host
        static_configs: [{targets: ["127.0.0.1:%d"]}]
      - job_name: tensafe-train
        static_configs: [{targets: ["127.0.0.1:%d"]}]
    """
        .formatted(Checkout.root(), URI.create(server).getAuthority(), hostPort, trainPort);
  }

  private void upload() throws Exception {
    for (String name : List.of("plain", "sealed", "limited")) {
      HttpResponse<String> answer = upload(Files.readAllBytes(directory.resolve(name + ".tssp")));
      if (answer.statusCode() != 201) {
        throw new AssertionError(name + ": " + answer.body());
      }
    }
    byte[] broken = Files.readAllBytes(directory.resolve("plain.tssp"));
    broken[broken.length / 2] ^= 1;
    if (upload(broken).statusCode() < 400) {
      throw new AssertionError("a damaged package is accepted");
    }
  }

  private HttpResponse<String> upload(byte[] file) throws Exception {
    return send(
        request(server + "/v1/adapters")
            .header("Content-Type", "application/vnd.tensafe.tssp")
            .POST(HttpRequest.BodyPublishers.ofByteArray(file)));
  }

  private HttpRequest.Builder request(String url) {
    return HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + key);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Clients that ask until all is over, and one whose adapter host does not always answer. */
  private void load() {
    for (String model : List.of(MODEL, "plain", "sealed", "limited", MODEL)) {
      client(
          () ->
              ask(
                  "{\"model\": \""
                      + model
                      + "\", \"messages\": [{\"role\": \"user\", \"content\": \""
                      + "one two three four five six ".repeat(4)
                      + "\"}], \"max_tokens\": 24, \"n\": 2, \"ignore_eos\": true}"));
    }
    client(() -> ask("{\"model\": \"none\", \"messages\": []}"));
    client(
        () -> {
          host.signal("STOP");
          ask("{\"model\": \"sealed\", \"prompt\": \"a\", \"max_tokens\": 2}", "completions");
          host.signal("CONT");
          for (int i = 0; i < 20; i++) {
            ask("{\"model\": \"sealed\", \"prompt\": \"a\", \"max_tokens\": 2}", "completions");
          }
        });
  }

  private void ask(String body) throws Exception {
    ask(body, "chat/completions");
  }

  private void ask(String body, String route) throws Exception {
    send(
        request(server + "/v1/" + route)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** Something that a client does again and again. */
  private interface Work {
    void run() throws Exception;
  }

  private void client(Work work) {
    Thread thread =
        new Thread(
            () -> {
              while (!stopped.get()) {
                try {
                  work.run();
                } catch (Exception e) {
                  // the server is going, or this client is
                  stopped.compareAndSet(false, Thread.currentThread().isInterrupted());
                }
              }
            });
    thread.setDaemon(true);
    clients.add(thread);
    thread.start();
  }

  String scrapeServer() throws Exception {
    return send(request(server + "/metrics")).body();
  }

  String scrapeHost() throws Exception {
    return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + hostPort + "/metrics")))
        .body();
  }

  String scrapeTraining() throws Exception {
    return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + trainPort + "/metrics")))
        .body();
  }

  /**
   * Asks Prometheus' API.
   *
   * @param form {@code name=value} pairs that are encoded already
   */
  HttpResponse<String> prometheus(String path, String form) throws Exception {
    return send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + prometheusPort + path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form, StandardCharsets.UTF_8)));
  }

  @Override
  public void close() {
    stopped.set(true);
    for (int i = programs.size() - 1; i >= 0; i--) {
      programs.get(i).close();
    }
    clients.forEach(Thread::interrupt);
  }
}
