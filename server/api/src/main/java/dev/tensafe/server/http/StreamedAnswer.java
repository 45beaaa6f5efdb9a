package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.server.openai.AnswerFormat;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChoiceState;
import dev.tensafe.server.openai.JsonBody;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Sends choices as server-sent events while they grow (WHATWG HTML, section 9.2). Nothing is sent
 * before the first token: until then an error is still an HTTP status.
 */
final class StreamedAnswer implements Answer {
  private final Responder responder;
  private final AnswerFormat format;
  private final List<ChoiceState> choices;
  private final Set<Integer> opened = new HashSet<>();
  private final boolean includeUsage;
  private final UsageCount usage;
  private int unfinished;

  StreamedAnswer(
      Responder responder,
      AnswerFormat format,
      List<ChoiceState> choices,
      boolean includeUsage,
      UsageCount usage) {
    this.responder = responder;
    this.format = format;
    this.choices = choices;
    this.includeUsage = includeUsage;
    this.usage = usage;
    this.unfinished = choices.size();
  }

  @Override
  public void scheduled(int choice, int cachedTokens) {
    usage.scheduled(choice, cachedTokens);
  }

  @Override
  public void promptScored(int choice, List<TokenLogprob> logprobs) {
    choices.get(choice).scored(logprobs);
  }

  @Override
  public void output(int choice, Output output) {
    ChoiceState state = choices.get(choice);
    List<ObjectNode> frames = new ArrayList<>(2);
    open(state, frames);
    frames.addAll(format.chunks(state, output.text(), state.show(output)));
    send(frames);
  }

  @Override
  public void finished(int choice, FinishReason reason, int tokens) {
    ChoiceState state = choices.get(choice);
    usage.finished(tokens);
    List<ObjectNode> frames = new ArrayList<>(3);
    open(state, frames);
    frames.addAll(format.closing(state, state.rest(), reason));
    unfinished--;
    if (unfinished == 0 && includeUsage) {
      frames.add(format.usageChunk(usage.usage()));
    }
    send(frames);
    if (unfinished == 0) {
      responder.endStream();
    }
  }

  private void open(ChoiceState state, List<ObjectNode> frames) {
    if (opened.add(state.index())) {
      ObjectNode opening = format.opening(state);
      if (opening != null) {
        frames.add(opening);
      }
    }
  }

  private void send(List<ObjectNode> frames) {
    if (frames.isEmpty()) {
      return;
    }
    Buffer buffer = Buffer.buffer();
    for (ObjectNode frame : frames) {
      buffer.appendString("data: ").appendBytes(JsonBody.bytes(frame)).appendString("\n\n");
    }
    responder.stream(buffer);
  }

  @Override
  public void failed(ApiException error) {
    responder.fail(error);
  }
}
