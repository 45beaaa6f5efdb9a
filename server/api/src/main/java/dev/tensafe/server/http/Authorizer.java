package dev.tensafe.server.http;

import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.openai.ApiException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Checks the key of a request against a scope; without keys everything is allowed. */
final class Authorizer {
  private static final String TENANT = "tenant";
  private static final String KEY = "api-key";

  private final @Nullable ApiKeys keys;
  private final Consumer<String> accepted;

  /**
   * @param accepted told the name of every key that a request was let in with
   */
  Authorizer(@Nullable ApiKeys keys, Consumer<String> accepted) {
    this.keys = keys;
    this.accepted = accepted;
  }

  /** A handler that lets requests with any of the scopes pass. */
  Handler<RoutingContext> require(ApiKeys.Scope... scopes) {
    return routing -> {
      if (keys != null) {
        ApiKeys.Key key = check(keys, given(routing.request()), List.of(scopes));
        routing.put(TENANT, key.name());
        AccessLog.of(routing).tenant(key.name());
        routing.put(KEY, key);
        accepted.accept(key.name());
      }
      routing.next();
    };
  }

  /** The name of the request's key; empty without keys. */
  static String tenant(RoutingContext routing) {
    String tenant = routing.get(TENANT);
    return tenant == null ? "" : tenant;
  }

  /** The key that a request was let in with; null without keys. */
  static ApiKeys.@Nullable Key key(RoutingContext routing) {
    return routing.get(KEY);
  }

  /** The key of a request: a bearer's, or that of the header which Anthropic's clients send. */
  private static @Nullable String given(HttpServerRequest request) {
    String header = request.getHeader("Authorization");
    if (header != null && header.toLowerCase(Locale.ROOT).startsWith("bearer ")) {
      return header.substring("bearer ".length()).strip();
    }
    String key = request.getHeader("x-api-key");
    return key == null ? null : key.strip();
  }

  private static ApiKeys.Key check(
      ApiKeys keys, @Nullable String given, List<ApiKeys.Scope> scopes) {
    if (given == null) {
      throw unauthorized(
          "an API key is needed: 'Authorization: Bearer …' or 'x-api-key: …'", "missing_api_key");
    }
    ApiKeys.Key key = keys.find(given);
    if (key == null) {
      throw unauthorized("the API key is not known", "invalid_api_key");
    }
    if (scopes.stream().noneMatch(key.scopes()::contains)) {
      throw new ApiException(
          403,
          "permission_error",
          "the API key lacks the scope '"
              + scopes.stream().map(ApiKeys.Scope::label).collect(Collectors.joining("' or '"))
              + "'",
          null,
          "missing_scope");
    }
    return key;
  }

  private static ApiException unauthorized(String message, String code) {
    return new ApiException(401, "authentication_error", message, null, code);
  }
}
