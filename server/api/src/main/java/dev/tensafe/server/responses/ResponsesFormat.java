package dev.tensafe.server.responses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.message.MessageEnding;
import dev.tensafe.server.message.MessageFormat;
import dev.tensafe.server.message.MessagePart;
import dev.tensafe.server.message.NamedEvent;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.Usage;
import java.util.ArrayList;
import java.util.List;

/** Answers of {@code /v1/responses}. */
final class ResponsesFormat implements MessageFormat {
  private final AnswerHead head;
  private final ObjectNode repeated;
  private final ResponseItems items;
  private List<NamedEvent> events = new ArrayList<>();
  private int sequence;

  /**
   * @param repeated what the answer says of the request
   */
  ResponsesFormat(AnswerHead head, ObjectNode repeated) {
    this.head = head;
    this.repeated = repeated;
    this.items = new ResponseItems(head.id());
  }

  @Override
  public void opening(Usage usage) {
    event("response.created").set("response", response("in_progress", List.of()));
    event("response.in_progress").set("response", response("in_progress", List.of()));
  }

  @Override
  public void begins(MessagePart part) {
    ObjectNode added = event("response.output_item.added").put("output_index", part.index());
    added.set("item", items.begun(part));
    if (part.kind() != MessagePart.Kind.CALL) {
      ofContent("response.content_part.added", part).set("part", ResponseItems.content(part, ""));
    }
  }

  @Override
  public void grows(MessagePart part, String text) {
    switch (part.kind()) {
      case TEXT ->
          ofContent("response.output_text.delta", part).put("delta", text).putArray("logprobs");
      case THOUGHTS -> ofContent("response.reasoning_text.delta", part).put("delta", text);
      case CALL -> ofItem("response.function_call_arguments.delta", part).put("delta", text);
    }
  }

  @Override
  public void ends(MessagePart part) {
    String text = part.text();
    switch (part.kind()) {
      case TEXT ->
          ofContent("response.output_text.done", part).put("text", text).putArray("logprobs");
      case THOUGHTS -> ofContent("response.reasoning_text.done", part).put("text", text);
      case CALL ->
          ofItem("response.function_call_arguments.done", part)
              .put("name", part.name())
              .put("arguments", text);
    }
    if (part.kind() != MessagePart.Kind.CALL) {
      ofContent("response.content_part.done", part).set("part", ResponseItems.content(part, text));
    }
    ObjectNode done = event("response.output_item.done").put("output_index", part.index());
    done.set("item", items.ended(part));
  }

  @Override
  public void closing(MessageEnding ending) {
    String name = ending.limited() ? "response.incomplete" : "response.completed";
    event(name).set("response", whole(ending));
  }

  @Override
  public void failure(ApiException error, List<MessagePart> parts) {
    ObjectNode response = response("failed", parts);
    response.putObject("error").put("code", "server_error").put("message", error.text());
    event("response.failed").set("response", response);
  }

  @Override
  public List<NamedEvent> take() {
    List<NamedEvent> taken = events;
    events = new ArrayList<>();
    return taken;
  }

  @Override
  public ObjectNode whole(MessageEnding ending) {
    boolean limited = ending.limited();
    ObjectNode out = response(limited ? "incomplete" : "completed", ending.parts());
    if (limited) {
      out.putObject("incomplete_details").put("reason", "max_output_tokens");
    }
    out.set("usage", usage(ending.usage(), ending.thoughtTokens()));
    out.set("tensafe", head.provenance().json());
    return out;
  }

  private ObjectNode response(String status, List<MessagePart> parts) {
    ObjectNode out =
        JsonBody.object()
            .put("id", "resp_" + head.id())
            .put("object", "response")
            .put("created_at", head.created())
            .put("status", status)
            .put("model", head.model());
    out.putNull("error").putNull("incomplete_details");
    ArrayNode output = out.putArray("output");
    parts.forEach(part -> output.add(items.ended(part)));
    out.setAll(repeated);
    out.putNull("usage");
    return out;
  }

  private static ObjectNode usage(Usage usage, int thoughtTokens) {
    ObjectNode out = JsonBody.object().put("input_tokens", usage.promptTokens());
    out.putObject("input_tokens_details").put("cached_tokens", usage.cachedTokens());
    out.put("output_tokens", usage.completionTokens());
    out.putObject("output_tokens_details").put("reasoning_tokens", thoughtTokens);
    return out.put("total_tokens", usage.promptTokens() + usage.completionTokens());
  }

  private ObjectNode ofContent(String name, MessagePart part) {
    return ofItem(name, part).put("content_index", 0);
  }

  private ObjectNode ofItem(String name, MessagePart part) {
    return event(name).put("item_id", items.id(part)).put("output_index", part.index());
  }

  private ObjectNode event(String name) {
    ObjectNode data = JsonBody.object().put("type", name).put("sequence_number", sequence++);
    events.add(new NamedEvent(name, data));
    return data;
  }
}
