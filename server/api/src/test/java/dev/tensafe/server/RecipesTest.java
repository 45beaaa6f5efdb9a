package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.file.SecretFile;
import dev.tensafe.formats.pem.PemFile;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Listener;
import dev.tensafe.he.transport.PeerIdentity;
import dev.tensafe.he.transport.Sockets;
import dev.tensafe.he.transport.TlsIdentity;
import dev.tensafe.he.transport.TlsSide;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The blocks of docs/RECIPES.md, run as they stand but for the names of hosts and models. */
class RecipesTest {
  @TempDir private Path dir;

  /** The only block of a language. */
  private static String block(String language) throws IOException {
    String page = Files.readString(Checkout.root().resolve("docs/RECIPES.md"));
    Matcher matcher =
        Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(page);
    assertTrue(matcher.find(), "no block in " + language);
    String found = matcher.group(1);
    assertFalse(matcher.find(), "a second block in " + language);
    return found;
  }

  private String run(Map<String, String> environment, String... command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(dir.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
    return out;
  }

  private void certificates() throws Exception {
    String recipe = block("sh").replaceAll("DNS:[a-z.]+", "IP:127.0.0.1");
    run(Map.of(), "bash", "-euc", recipe);
  }

  private TestCertificate https() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    for (X509Certificate certificate : PemFile.certificates(dir.resolve("ca.pem"))) {
      trusted.setCertificateEntry("ca", certificate);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return new TestCertificate(dir.resolve("server.pem"), dir.resolve("server.key"), context);
  }

  private TlsIdentity identity(TlsSide side, String name) {
    return TlsIdentity.of(
        side, dir.resolve(name + ".pem"), dir.resolve(name + ".key"), dir.resolve("ca.pem"));
  }

  @Test
  void bothEndsOfTheEncryptedPathProveThemselvesWithTheCertificates() throws Exception {
    certificates();
    for (String name : List.of("ca", "server", "model-host", "adapter-host")) {
      assertEquals(Optional.empty(), SecretFile.exposure(dir.resolve(name + ".key")));
    }
    try (Listener listener =
        Listener.open(
            Address.parse("tls://127.0.0.1:0"), identity(TlsSide.ADAPTER_HOST, "adapter-host"))) {
      CompletableFuture<FrameChannel> accepted =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return listener.accept().complete();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      try (FrameChannel client =
              Sockets.connect(
                  listener.address(),
                  identity(TlsSide.MODEL_HOST, "model-host"),
                  30_000,
                  Sockets.ownUid());
          FrameChannel host = accepted.get()) {
        assertTrue(
            host.peer() instanceof PeerIdentity.Certificate proved
                && proved.subject().equals("CN=model-host"),
            host.peer().toString());
      }
    }
  }

  @Test
  void theJobOfPrometheusReadsTheMetricsOverTlsWithItsKey() throws Exception {
    certificates();
    Path keys = dir.resolve("keys.json");
    Files.writeString(
        dir.resolve("tensafe.key"),
        new ApiKeyFile(keys).add("prometheus", Set.of(ApiKeys.Scope.METRICS)) + "\n");
    Path model = dir.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    TestCertificate https = https();
    try (TestServer server = TestServer.secured(model, keys, https)) {
      String config =
          block("yaml")
              .replace("/etc/prometheus", dir.toString())
              .replace("llm.example.org:8000", server.server.url().replaceFirst("https://", ""));
      Path file = Files.writeString(dir.resolve("prometheus.yml"), config);
      JsonNode job = new YAMLMapper().readTree(config).at("/scrape_configs/0");
      HttpRequest scrape =
          HttpRequest.newBuilder(
                  URI.create(
                      job.path("scheme").asText()
                          + "://"
                          + job.at("/static_configs/0/targets/0").asText()
                          + job.path("metrics_path").asText()))
              .header(
                  "Authorization",
                  job.at("/authorization/type").asText()
                      + " "
                      + Files.readString(
                              Path.of(job.at("/authorization/credentials_file").asText()))
                          .strip())
              .build();
      assertEquals(dir.resolve("ca.pem").toString(), job.at("/tls_config/ca_file").asText());
      HttpClient client = HttpClient.newBuilder().sslContext(https.trusting()).build();
      HttpResponse<String> metrics = client.send(scrape, HttpResponse.BodyHandlers.ofString());
      assertEquals(200, metrics.statusCode(), metrics.body());
      assertTrue(metrics.body().contains("\nvllm:"), metrics.body());
      promtool(file);
    }
  }

  private void promtool(Path file) throws Exception {
    try {
      run(Map.of(), "promtool", "check", "config", "--syntax-only", file.toString());
    } catch (IOException e) {
      System.out.println("SKIPPED: promtool is not installed, the job was only scraped by hand");
    }
  }

  /** What a client of the recipes prints, of a server that wants a key. */
  private String answer(String language, Function<Path, String[]> command, String name)
      throws Exception {
    Path keys = dir.resolve("keys.json");
    String key = new ApiKeyFile(keys).add("app", Set.of(ApiKeys.Scope.INFER));
    Path model = dir.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    try (TestServer server = TestServer.of(model, keys)) {
      Path file =
          Files.writeString(
              dir.resolve(name),
              block(language)
                  .replace("http://127.0.0.1:8000", server.server.url())
                  .replace("\"demo\"", "\"tiny\""));
      return run(Map.of("API_KEY", key), command.apply(file));
    }
  }

  @Test
  void theClientInPythonPrintsAnAnswer() throws Exception {
    assertFalse(
        answer("python", file -> new String[] {"python3", file.toString()}, "chat.py").isBlank());
  }

  @Test
  void theClientInJavaPrintsAnAnswer() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String[] paths = {java, "-cp", System.getProperty("java.class.path")};
    assertFalse(
        answer(
                "java",
                file -> new String[] {paths[0], paths[1], paths[2], file.toString()},
                "Chat.java")
            .isBlank());
  }

  @Test
  void anOlderKeyIsConvertedByTheCommandOfThePage() throws Exception {
    String page = Files.readString(Checkout.root().resolve("docs/RECIPES.md"));
    Matcher command = Pattern.compile("`(openssl pkcs8 [^`]+)`").matcher(page);
    assertTrue(command.find());
    run(Map.of(), "openssl", "genrsa", "-traditional", "-out", "old.key", "2048");
    assertThrows(FormatException.class, () -> PemFile.privateKey(dir.resolve("old.key")));
    run(Map.of(), "bash", "-euc", command.group(1));
    assertEquals("RSA", PemFile.privateKey(dir.resolve("new.key")).getAlgorithm());
  }
}
