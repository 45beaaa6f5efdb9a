package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.owner.host.AdapterHostHttp;
import dev.tensafe.tssp.keys.RecipientKey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/** The HTTP side of an adapter host is what docs/api/adapter-host.yaml says. */
class OpenApiAdapterHostTest {
  @Test
  void theAdapterHostAnswersAsItsOwnDocumentSays() throws Exception {
    ApiSpec spec = ApiSpec.read("adapter-host.yaml");
    RecordedAnswers record = new RecordedAnswers(spec);
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    AdapterHost host =
        new AdapterHost(
            RecipientKey.generate(new SecureRandom()),
            TokenMeter.embedded(InstantSource.system()),
            HostLimits.standard());
    try (AdapterHostHttp side = AdapterHostHttp.start(host, "127.0.0.1", 0)) {
      for (String operation : spec.operations().keySet()) {
        URI uri = URI.create("http://127.0.0.1:" + side.port() + operation.split(" ")[1]);
        record.check(
            operation,
            200,
            http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()));
      }
      URI other = URI.create("http://127.0.0.1:" + side.port() + "/v1/models");
      assertEquals(
          404,
          http.send(HttpRequest.newBuilder(other).build(), HttpResponse.BodyHandlers.ofString())
              .statusCode());
    } finally {
      host.close();
    }
  }
}
