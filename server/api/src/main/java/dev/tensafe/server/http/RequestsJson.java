package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.status.RequestTable;
import dev.tensafe.server.status.ServerActivity;
import dev.tensafe.server.status.TrackedRequest;
import java.util.List;
import java.util.Optional;

/** The requests of {@code /v1/status}: names and counts, the {@value #MOST} that came first. */
final class RequestsJson {
  static final int MOST = 200;

  private final ServerActivity activity;

  RequestsJson(ServerActivity activity) {
    this.activity = activity;
  }

  ObjectNode json() {
    RequestTable table = activity.requests();
    List<TrackedRequest> oldest = table.oldest(MOST);
    ObjectNode out =
        JsonBody.object()
            .put("begun", table.begun())
            .put("open", table.size())
            .put("omitted", Math.max(0, table.size() - oldest.size()));
    ArrayNode data = out.putArray("data");
    oldest.forEach(request -> data.add(json(request, table.ageSeconds(request))));
    return out;
  }

  private static ObjectNode json(TrackedRequest request, double ageSeconds) {
    Optional<TrackedRequest.Work> work = request.work();
    return JsonBody.object()
        .put("id", request.id())
        .put("route", request.route())
        .put("tenant", request.tenant())
        .put("state", request.state().label())
        .put("age_seconds", ageSeconds)
        .put("model", work.map(TrackedRequest.Work::model).orElse(null))
        .put("adapter", work.flatMap(TrackedRequest.Work::adapter).orElse(null))
        .put("adapter_digest", work.flatMap(TrackedRequest.Work::digest).orElse(null))
        .put("mode", work.map(TrackedRequest.Work::mode).orElse(null))
        .put("stream", work.map(TrackedRequest.Work::stream).orElse(null))
        .put("outputs", work.map(TrackedRequest.Work::outputs).orElse(0))
        .put("outputs_ended", request.outputsEnded())
        .put("prompt_tokens", work.map(TrackedRequest.Work::promptTokens).orElse(0))
        .put("cached_tokens", request.cachedTokens())
        .put("generated_tokens", request.generatedTokens());
  }
}
