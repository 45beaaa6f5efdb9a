package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * {@code GET /openapi.json}: the OpenAPI document of these routes. The build copies it from {@code
 * docs/api/openapi.yaml}, where people read and edit it. Immutable and thread-safe.
 */
final class ApiDocument {
  private static final String RESOURCE = "openapi.yaml";

  private final JsonNode document;

  private ApiDocument(JsonNode document) {
    this.document = document;
  }

  /**
   * Reads the document that was built in.
   *
   * @throws IllegalStateException if the build left it out
   */
  static ApiDocument load() {
    try (InputStream in = ApiDocument.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("the build has no " + RESOURCE);
      }
      return new ApiDocument(new YAMLMapper().readTree(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void answer(RoutingContext routing) {
    new Responder(routing).json(200, document);
  }
}
