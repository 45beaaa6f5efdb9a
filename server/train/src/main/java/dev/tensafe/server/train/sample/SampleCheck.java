package dev.tensafe.server.train.sample;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.train.wire.WireFields;
import java.util.Optional;

/** Requests for samples before they are taken down. Stateless. */
public final class SampleCheck {
  private SampleCheck() {}

  /**
   * Checks a request, and writes into it which weights it means.
   *
   * @param source a path, or the frozen model's name
   * @return the request as it is kept
   * @throws dev.tensafe.tuning.TuningException {@code tuning.field}, {@code tuning.unsupported}
   */
  public static byte[] complete(byte[] body, String source) {
    JsonNode node = JsonBody.parse(body);
    ObjectNode out = node.deepCopy();
    out.remove("sampling_session_id");
    out.remove("seq_id");
    if (source.startsWith("tinker://")) {
      out.put("model_path", source);
    } else {
      out.remove("model_path");
    }
    SampleRequest.read(WireFields.of(out), Optional.empty());
    return JsonBody.bytes(out);
  }
}
