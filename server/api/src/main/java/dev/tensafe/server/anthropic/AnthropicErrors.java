package dev.tensafe.server.anthropic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import org.jspecify.annotations.Nullable;

/** Errors as Anthropic's API reports them: a type that follows from the status, and a message. */
public final class AnthropicErrors {
  private AnthropicErrors() {}

  /**
   * The body of an error's answer.
   *
   * @param requestId the request's name; null for none
   */
  public static ObjectNode body(ApiException error, @Nullable String requestId) {
    return event(error).put("request_id", requestId);
  }

  /** The data of an error in a stream. */
  static ObjectNode event(ApiException error) {
    ObjectNode out = JsonBody.object().put("type", "error");
    out.putObject("error").put("type", type(error.status())).put("message", error.text());
    return out;
  }

  private static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      case 504 -> "timeout_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }
}
