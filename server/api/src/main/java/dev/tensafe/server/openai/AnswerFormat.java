package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Builds the JSON of one answer, whole or in chunks. Confined to the request's context. */
public abstract class AnswerFormat {
  private final String id;
  private final AnswerHead head;

  AnswerFormat(String idPrefix, AnswerHead head) {
    this.id = idPrefix + head.id();
    this.head = head;
  }

  final boolean logprobs() {
    return head.logprobs();
  }

  final TokenTexts texts() {
    return head.texts();
  }

  /** The chunk that precedes a choice's first text, or null if there is none. */
  public abstract @Nullable ObjectNode opening(ChoiceState choice);

  /**
   * Chunks of an output's text, the first with the log-probabilities that came with it; none where
   * there is nothing to show.
   */
  public abstract List<ObjectNode> chunks(
      ChoiceState choice, String text, List<PlacedToken> tokens);

  /**
   * The chunks that end a choice.
   *
   * @param tokens scored ones without text at its end
   */
  public abstract List<ObjectNode> closing(
      ChoiceState choice, List<PlacedToken> tokens, FinishReason reason);

  abstract String wholeObject();

  abstract String chunkObject();

  abstract ObjectNode wholeChoice(ChoiceState choice);

  /** The last chunk of a stream whose client asked for usage. */
  public final ObjectNode usageChunk(Usage usage) {
    ObjectNode out = head(chunkObject());
    out.putArray("choices");
    out.set("usage", usage.json());
    return out;
  }

  /** The whole answer. */
  public final ObjectNode whole(List<ChoiceState> choices, Usage usage) {
    ObjectNode out = head(wholeObject());
    ArrayNode array = out.putArray("choices");
    choices.forEach(choice -> array.add(wholeChoice(choice)));
    out.set("usage", usage.json());
    out.set("tensafe", provenance());
    return out;
  }

  final ObjectNode chunkOf(ObjectNode choice) {
    ObjectNode out = head(chunkObject());
    out.putArray("choices").add(choice);
    if (head.usageInChunks()) {
      out.putNull("usage");
    }
    return out;
  }

  private ObjectNode head(String object) {
    return JsonBody.object()
        .put("id", id)
        .put("object", object)
        .put("created", head.created())
        .put("model", head.model());
  }

  final ObjectNode provenance() {
    return head.provenance().json();
  }

  static String name(FinishReason reason) {
    return reason.name().toLowerCase(Locale.ROOT);
  }
}
