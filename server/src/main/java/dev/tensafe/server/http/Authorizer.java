package dev.tensafe.server.http;

import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.openai.ApiException;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Checks the bearer key of a request against a scope; without keys everything is allowed. */
final class Authorizer {
  private final @Nullable ApiKeys keys;

  Authorizer(@Nullable ApiKeys keys) {
    this.keys = keys;
  }

  /** A handler that lets requests with the scope pass. */
  Handler<RoutingContext> require(ApiKeys.Scope scope) {
    return routing -> {
      if (keys != null) {
        check(keys, routing.request().getHeader("Authorization"), scope);
      }
      routing.next();
    };
  }

  private static void check(ApiKeys keys, @Nullable String header, ApiKeys.Scope scope) {
    if (header == null || !header.toLowerCase(Locale.ROOT).startsWith("bearer ")) {
      throw unauthorized("an API key is needed: 'Authorization: Bearer …'", "missing_api_key");
    }
    ApiKeys.Key key = keys.find(header.substring("bearer ".length()).strip());
    if (key == null) {
      throw unauthorized("the API key is not known", "invalid_api_key");
    }
    if (!key.scopes().contains(scope)) {
      throw new ApiException(
          403,
          "permission_error",
          "the API key lacks the scope '" + scope.label() + "'",
          null,
          "missing_scope");
    }
  }

  private static ApiException unauthorized(String message, String code) {
    return new ApiException(401, "authentication_error", message, null, code);
  }
}
