package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.model.exec.ExecutorFactories;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.server.assembly.AdapterSettings;
import dev.tensafe.server.assembly.AdapterSource;
import dev.tensafe.server.assembly.CacheSizing;
import dev.tensafe.server.assembly.EncryptedSettings;
import dev.tensafe.server.assembly.PrefixSettings;
import dev.tensafe.server.assembly.ServerAssembly;
import dev.tensafe.server.assembly.ServerSettings;
import dev.tensafe.server.assembly.SpeculationSettings;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.testkit.OtlpReceiver;
import dev.tensafe.testkit.OtlpReceiver.Received;
import dev.tensafe.tracing.Tracing;
import dev.tensafe.tssp.verify.DigestCache;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter host in the server's own process makes the spans that one elsewhere makes. */
class EmbeddedTraceTest {
  @TempDir Path dir;
  private final HttpClient http = HttpClient.newHttpClient();

  private ServerSettings settings(Path model, AdapterOwner owner) {
    return new ServerSettings(
        model,
        new ServerConfig(
            "127.0.0.1", 0, "tiny", null, 1 << 20, 4 << 20, 5, 60, 5, false, List.of(), null, null),
        "native",
        new ExecutorOptions(ExecutorOptions.Format.F32, 1),
        new CacheSizing(16, OptionalInt.of(256), 4, 64, 64, 1000),
        PrefixSettings.WITHIN_TENANTS,
        SpeculationSettings.OFF,
        Optional.of(
            new AdapterSettings(
                () ->
                    new AdapterSource.Operated(
                        dir.resolve("adapters"), owner.trust, owner.modelHost),
                DigestCache.none(),
                256 << 20,
                new EncryptedSettings(LinkConfig.standard(Profile.FAST), List.of(), null, null))),
        Optional.empty(),
        Optional.empty());
  }

  private String send(HttpRequest request) throws Exception {
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(2, answer.statusCode() / 100, answer.body());
    return answer.body();
  }

  @Test
  void itsEvaluationsAreInTheTraceWithTheirStages() throws Exception {
    Path model = TestServer.model(dir);
    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    owner.embedBoth();
    try (OtlpReceiver receiver = OtlpReceiver.start();
        Tracing tracing = TestServer.tracing(receiver, "tensafe");
        ServerAssembly server =
            ServerAssembly.load(
                settings(model, owner),
                new ExecutorFactories(List.of(new NativeExecutorFactory())),
                tracing,
                Ticker.system(),
                Clock.systemUTC())) {
      String url = server.listen();
      send(
          HttpRequest.newBuilder(URI.create(url + "/v1/adapters"))
              .setHeader("Content-Type", "application/vnd.tensafe.tssp")
              .POST(
                  HttpRequest.BodyPublishers.ofFile(
                      owner.packEncrypted("secret", 1, owner.peft(2))))
              .build());
      send(
          HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
              .setHeader("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"model\":\"secret\",\"prompt\":\"hello\",\"max_tokens\":3,"
                          + "\"ignore_eos\":true}"))
              .build());
      Received request =
          receiver.await("the request", s -> s.name().equals("text_completion secret"));
      assertEquals("he", request.get("tensafe.mode"));
      List<Received> exchanges =
          receiver.spans().stream().filter(s -> s.name().equals("he exchange")).toList();
      assertEquals(3, exchanges.size());
      for (Received exchange : exchanges) {
        Received there =
            receiver.await(
                "the adapter host",
                s -> s.name().equals("he evaluate") && s.parent().equals(exchange.id()));
        assertEquals(request.trace(), there.trace());
        assertEquals("SERVER", there.kind());
        assertEquals("tensafe", there.resource().get("service.name"));
        assertFalse(there.error());
        assertEquals(exchange.get("tensafe.he.messages"), there.get("tensafe.he.messages"));
        assertEquals(exchange.get("tensafe.he.token_rows"), there.get("tensafe.he.token_rows"));
        assertTrue(Double.parseDouble(there.get("tensafe.he.evaluate_seconds")) > 0);
        assertEquals(
            Set.of("encrypt", "wire", "evaluate", "decrypt", "he evaluate"),
            receiver.children(exchange).stream().map(Received::name).collect(Collectors.toSet()));
      }
      assertEquals(List.of(), receiver.faults());
    }
  }
}
