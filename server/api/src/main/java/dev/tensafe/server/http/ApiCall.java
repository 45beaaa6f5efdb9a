package dev.tensafe.server.http;

import java.util.Map;

/**
 * A request whose key was accepted and whose body has arrived.
 *
 * @param tenant the name of its key; empty where no keys are asked for
 * @param requestId its name in answers and log lines
 * @param path values of the path's variables
 * @param contentType without parameters, in lower case; empty where none was sent
 * @param body its bytes; empty for none
 */
public record ApiCall(
    String tenant, String requestId, Map<String, String> path, String contentType, byte[] body) {
  public ApiCall {
    path = Map.copyOf(path);
  }

  /** Sizes only: a body may hold anything. */
  @Override
  public String toString() {
    return "ApiCall[" + requestId + ", " + body.length + " bytes]";
  }
}
