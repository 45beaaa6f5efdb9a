package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.EngineStatus;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.status.DurationCounts;
import dev.tensafe.server.status.OutputCounts;
import dev.tensafe.server.status.ServerActivity;
import dev.tensafe.server.status.StepCounts;

/** The engine's part of {@code /v1/status}. Counters only ever grow: rates are differences. */
final class EngineJson {
  private final Engine engine;
  private final ServerActivity activity;

  EngineJson(Engine engine, ServerActivity activity) {
    this.engine = engine;
    this.activity = activity;
  }

  void addTo(ObjectNode out) {
    EngineStatus now = engine.status();
    OutputCounts outputs = activity.outputs();
    StepCounts steps = activity.steps();
    out.putObject("batch")
        .put("running", now.running())
        .put("waiting", now.waiting())
        .put("max_running", engine.maxRunning())
        .put("queued_tokens", engine.queuedTokens())
        .put("preemptions", now.preemptions())
        .put("internal_errors", now.internalErrors());
    ObjectNode seconds = JsonBody.object();
    steps.seconds().forEach(seconds::put);
    out.putObject("steps")
        .put("count", steps.steps())
        .put("sequences", steps.sequences())
        .put("tokens", steps.tokens())
        .put("guesses", steps.guesses())
        .put("right_guesses", steps.rightGuesses())
        .set("seconds", seconds);
    out.putObject("cache")
        .put("blocks_used", now.usedBlocks())
        .put("blocks_total", now.totalBlocks())
        .put("blocks_known", now.cachedBlocks())
        .put("queried_tokens", now.queriedTokens())
        .put("hit_tokens", now.cachedTokens());
    out.putObject("tokens")
        .put("prompt", outputs.promptTokens())
        .put("cached", outputs.cachedTokens())
        .put("generated", outputs.generatedTokens());
    ObjectNode ends = out.putObject("outputs");
    outputs.ends().forEach(ends::put);
    ObjectNode latency = out.putObject("latency");
    ArrayNode bounds = latency.putArray("bounds_seconds");
    for (double bound : DurationCounts.boundsSeconds()) {
      bounds.add(bound);
    }
    latency.set("queue", json(outputs.queue()));
    latency.set("first_token", json(outputs.firstToken()));
    latency.set("next_token", json(outputs.nextToken()));
    latency.set("whole", json(outputs.whole()));
  }

  private static ObjectNode json(DurationCounts durations) {
    ObjectNode out = JsonBody.object().put("sum_seconds", durations.sumSeconds());
    ArrayNode counts = out.putArray("counts");
    for (long count : durations.counts()) {
      counts.add(count);
    }
    return out;
  }
}
