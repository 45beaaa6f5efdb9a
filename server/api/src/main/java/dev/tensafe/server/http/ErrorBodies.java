package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.anthropic.AnthropicErrors;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** The form of an error: that of the API a path belongs to, whoever raises it. Stateless. */
final class ErrorBodies {
  private static final String MESSAGES = "/v1/messages";

  private ErrorBodies() {}

  static ObjectNode of(RoutingContext routing, ApiException error) {
    return isMessages(routing.request().path())
        ? AnthropicErrors.body(error, RequestIds.find(routing))
        : JsonBody.error(error);
  }

  /** Whether a path is one of Anthropic's API. */
  private static boolean isMessages(@Nullable String path) {
    return path != null && (path.equals(MESSAGES) || path.startsWith(MESSAGES + "/"));
  }
}
