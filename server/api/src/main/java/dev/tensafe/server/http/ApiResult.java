package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.server.openai.JsonBody;

/** An answer with its bytes. */
public record ApiResult(int status, String contentType, byte[] body) {
  /** JSON with status 200. */
  public static ApiResult json(JsonNode body) {
    return new ApiResult(200, "application/json", JsonBody.bytes(body));
  }

  /** Sizes only: a body may hold anything. */
  @Override
  public String toString() {
    return "ApiResult[" + status + ", " + body.length + " bytes]";
  }
}
