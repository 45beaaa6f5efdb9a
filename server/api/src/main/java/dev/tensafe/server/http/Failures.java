package dev.tensafe.server.http;

import dev.tensafe.server.openai.ApiException;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Errors for clients; what nobody foresaw is logged with its type and place. Its message is not:
 * that of a library may quote the prompt.
 */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);
  private static final int MAX_FRAMES = 40;
  private static final int MAX_CAUSES = 5;

  private Failures() {}

  /** The error of any failure, which is logged if it is not one of this server's own. */
  static ApiException of(Throwable error) {
    ApiException answer = ApiException.of(error);
    if ("internal_error".equals(answer.code())) {
      LOG.error("a request failed unexpectedly: {}", describe(error));
    } else if ("storage_full".equals(answer.code())) {
      LOG.error("no space is left on the disk: {}", describe(error));
    }
    return answer;
  }

  private static String describe(Throwable error) {
    StringBuilder out = new StringBuilder();
    Throwable cause = error;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      out.append(i == 0 ? "" : "\ncaused by ").append(cause.getClass().getName());
      out.append(
          Arrays.stream(cause.getStackTrace())
              .limit(MAX_FRAMES)
              .map(frame -> "\n\tat " + frame)
              .collect(Collectors.joining()));
    }
    return out.toString();
  }
}
