package dev.tensafe.server.http;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.server.message.MessageEnding;
import dev.tensafe.server.message.MessageFormat;
import dev.tensafe.server.message.MessageParts;
import dev.tensafe.server.message.NamedEvent;
import dev.tensafe.server.message.PartListener;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.ReadMessage;
import dev.tensafe.server.tools.AnswerEvent;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers with one message, whole or as named events (WHATWG HTML, section 9.2). Nothing is sent
 * before the first token: until then an error is still an HTTP status.
 */
final class MessageAnswer implements Answer {
  private final Responder responder;
  private final MessageFormat format;
  private final ReadMessage message;
  private final MessageParts parts;
  private final UsageCount usage;
  private final boolean stream;
  private boolean opened;
  private @Nullable String stop;

  MessageAnswer(
      Responder responder,
      MessageFormat format,
      ReadMessage message,
      UsageCount usage,
      boolean stream) {
    this.responder = responder;
    this.format = format;
    this.message = message;
    this.parts = new MessageParts(stream ? format : PartListener.NONE);
    this.usage = usage;
    this.stream = stream;
  }

  @Override
  public void scheduled(int choice, int cachedTokens) {
    usage.scheduled(choice, cachedTokens);
  }

  @Override
  public void promptScored(int choice, List<TokenLogprob> logprobs) {}

  @Override
  public void output(int choice, Output output) {
    open();
    parts.read(message.read(output.text()), output.count());
    if (stream) {
      Buffer frames = events();
      if (frames.length() > 0) {
        responder.stream(frames);
      }
    }
  }

  @Override
  public void stopped(int choice, String met) {
    stop = met;
  }

  @Override
  public void finished(int choice, FinishReason reason, int tokens) {
    open();
    usage.finished(tokens);
    List<AnswerEvent> rest = message.end();
    parts.end(rest, message.cut() || reason == FinishReason.LENGTH);
    MessageEnding ending =
        new MessageEnding(
            parts.list(), reason, stop, message.cut(), usage.usage(), parts.thoughtTokens());
    if (stream) {
      format.closing(ending);
      responder.endStream(events());
    } else {
      responder.json(200, format.whole(ending));
    }
  }

  private void open() {
    if (stream && !opened) {
      opened = true;
      format.opening(usage.usage());
    }
  }

  private Buffer events() {
    Buffer buffer = Buffer.buffer();
    for (NamedEvent event : format.take()) {
      buffer
          .appendString("event: ")
          .appendString(event.name())
          .appendString("\ndata: ")
          .appendBytes(JsonBody.bytes(event.data()))
          .appendString("\n\n");
    }
    return buffer;
  }

  @Override
  public void failed(ApiException error) {
    if (!opened) {
      responder.fail(error);
      return;
    }
    format.failure(error, parts.list());
    responder.failStream(events());
  }
}
