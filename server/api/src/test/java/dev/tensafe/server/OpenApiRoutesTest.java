package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.runtime.Version;
import dev.tensafe.server.http.RegisteredRoutes;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/api/openapi.yaml documents the routes there are, and is what is served. */
class OpenApiRoutesTest {
  @Test
  void theDocumentHasTheRoutesOfTheRouterAndIsServed(@TempDir Path directory) throws Exception {
    ApiSpec spec = ApiSpec.read("openapi.yaml");
    try (TestServer server = TestServer.start(directory)) {
      assertEquals(RegisteredRoutes.of(server.server), spec.operations().keySet());
      HttpResponse<String> answer = server.get("/openapi.json");
      assertEquals(200, answer.statusCode());
      assertEquals("application/json", answer.headers().firstValue("content-type").orElse(""));
      JsonNode served = new ObjectMapper().readTree(answer.body());
      assertEquals(spec.root(), served);
    }
  }

  @Test
  void theDocumentsHaveTheVersionOfTheBuild() {
    for (String file : new String[] {"openapi.yaml", "adapter-host.yaml"}) {
      assertEquals(Version.current(), ApiSpec.read(file).root().at("/info/version").asText(), file);
    }
  }
}
