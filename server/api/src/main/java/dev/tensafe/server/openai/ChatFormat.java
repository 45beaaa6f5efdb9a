package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.server.tools.AnswerEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Answers of {@code /v1/chat/completions}. */
public final class ChatFormat extends AnswerFormat {
  private final boolean functions;

  /**
   * @param functions whether calls are answered in their deprecated form
   */
  public ChatFormat(AnswerHead head, boolean functions) {
    super("chatcmpl-", head);
    this.functions = functions;
  }

  @Override
  String wholeObject() {
    return "chat.completion";
  }

  @Override
  String chunkObject() {
    return "chat.completion.chunk";
  }

  @Override
  public ObjectNode opening(ChoiceState choice) {
    ObjectNode node = choice(choice);
    node.putObject("delta").put("role", "assistant").put("content", "");
    node.putNull("logprobs");
    node.putNull("finish_reason");
    return chunkOf(node);
  }

  @Override
  public List<ObjectNode> chunks(ChoiceState choice, String text, List<PlacedToken> scores) {
    return chunks(choice, choice.message().read(text), scores);
  }

  private List<ObjectNode> chunks(
      ChoiceState choice, List<AnswerEvent> events, List<PlacedToken> scores) {
    List<ObjectNode> deltas = new ArrayList<>();
    events.forEach(event -> addDelta(deltas, event));
    if (deltas.isEmpty() && !scores.isEmpty()) {
      deltas.add(JsonBody.object().put("content", ""));
    }
    List<ObjectNode> frames = new ArrayList<>(deltas.size());
    for (ObjectNode delta : deltas) {
      ObjectNode node = choice(choice);
      node.set("delta", delta);
      putLogprobs(node, frames.isEmpty() ? scores : List.of());
      node.putNull("finish_reason");
      frames.add(chunkOf(node));
    }
    return frames;
  }

  private void addDelta(List<ObjectNode> deltas, AnswerEvent event) {
    if (event instanceof AnswerEvent.Content content) {
      deltas.add(JsonBody.object().put("content", content.text()));
    } else if (event instanceof AnswerEvent.Reasoning thought) {
      deltas.add(JsonBody.object().put("reasoning_content", thought.text()));
    } else if (event instanceof AnswerEvent.CallBegins call) {
      ObjectNode delta = JsonBody.object();
      ObjectNode function;
      if (functions) {
        function = delta.putObject("function_call");
      } else {
        ObjectNode node = delta.putArray("tool_calls").addObject();
        node.put("index", call.index()).put("id", call.id()).put("type", "function");
        function = node.putObject("function");
      }
      function.put("name", call.name()).put("arguments", "");
      deltas.add(delta);
    } else if (event instanceof AnswerEvent.Arguments more) {
      ObjectNode delta = JsonBody.object();
      ObjectNode function =
          functions
              ? delta.putObject("function_call")
              : delta
                  .putArray("tool_calls")
                  .addObject()
                  .put("index", more.index())
                  .putObject("function");
      function.put("arguments", more.text());
      deltas.add(delta);
    }
  }

  @Override
  public List<ObjectNode> closing(
      ChoiceState choice, List<PlacedToken> tokens, FinishReason reason) {
    List<ObjectNode> frames = new ArrayList<>(chunks(choice, choice.message().end(), tokens));
    ObjectNode node = choice(choice);
    node.putObject("delta");
    node.putNull("logprobs");
    node.put("finish_reason", ending(choice.message(), reason));
    ObjectNode out = chunkOf(node);
    out.set("tensafe", provenance());
    frames.add(out);
    return frames;
  }

  /** Why a message ends: one that was cut within a call is not whole, whatever cut it. */
  private String ending(ReadMessage message, FinishReason reason) {
    if (reason != FinishReason.STOP || message.calls().isEmpty()) {
      return name(reason);
    }
    return message.cut() ? name(FinishReason.LENGTH) : functions ? "function_call" : "tool_calls";
  }

  @Override
  ObjectNode wholeChoice(ChoiceState choice) {
    ReadMessage message = choice.message();
    ObjectNode node = choice(choice);
    ObjectNode out = node.putObject("message").put("role", "assistant");
    out.put("content", message.content()).putNull("refusal");
    if (!message.reasoning().isEmpty()) {
      out.put("reasoning_content", message.reasoning());
    }
    if (!message.calls().isEmpty()) {
      putCalls(out, message.calls());
    }
    putLogprobs(node, choice.tokens);
    node.put("finish_reason", ending(message, Objects.requireNonNull(choice.reason)));
    return node;
  }

  private void putCalls(ObjectNode out, List<ReadMessage.Call> calls) {
    if (functions) {
      ReadMessage.Call call = calls.get(0);
      out.putObject("function_call").put("name", call.name()).put("arguments", call.arguments());
      return;
    }
    ArrayNode array = out.putArray("tool_calls");
    for (ReadMessage.Call call : calls) {
      ObjectNode node = array.addObject().put("id", call.id()).put("type", "function");
      node.putObject("function").put("name", call.name()).put("arguments", call.arguments());
    }
  }

  private static ObjectNode choice(ChoiceState choice) {
    return JsonBody.object().put("index", choice.index);
  }

  private void putLogprobs(ObjectNode node, List<PlacedToken> scores) {
    if (!logprobs()) {
      node.putNull("logprobs");
      return;
    }
    ObjectNode inner = node.putObject("logprobs");
    ArrayNode content = inner.putArray("content");
    for (PlacedToken placed : scores) {
      TokenLogprob score = placed.score();
      ObjectNode entry = TokenTexts.entry(placed.text(), score.logprob(), placed.bytes());
      ArrayNode top = entry.putArray("top_logprobs");
      for (TokenLogprob.Alternative other : score.top()) {
        boolean itself = other.token() == score.token();
        top.add(
            itself
                ? TokenTexts.entry(placed.text(), other.logprob(), placed.bytes())
                : texts().entry(other));
      }
      content.add(entry);
    }
    inner.putNull("refusal");
  }
}
