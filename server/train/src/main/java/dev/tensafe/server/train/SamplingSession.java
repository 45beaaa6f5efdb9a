package dev.tensafe.server.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.tuning.TuningException;
import java.util.Base64;

/** The ids of sampling sessions, which hold what they stand for. Stateless. */
final class SamplingSession {
  private static final String PREFIX = "sampling-";

  private SamplingSession() {}

  /** The id of a session's nth sampling session from a source: a path, or the model's name. */
  static String id(String session, long number, String source) {
    String text = session + "\n" + number + "\n" + source;
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
  }

  /**
   * The source of an id.
   *
   * @throws TuningException {@code tuning.no_session}
   */
  static String source(String id) {
    try {
      byte[] text = Base64.getUrlDecoder().decode(id.substring(PREFIX.length()));
      String[] parts = new String(text, UTF_8).split("\n", -1);
      if (id.startsWith(PREFIX) && parts.length == 3) {
        return parts[2];
      }
    } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
      // no id of ours
    }
    throw new TuningException(
        TuningException.Kind.NOT_FOUND, "tuning.no_session", "there is no such sampling session");
  }
}
