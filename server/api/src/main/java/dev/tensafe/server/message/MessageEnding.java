package dev.tensafe.server.message;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.server.openai.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a message ended.
 *
 * @param stop the stop string that ended it; null for none
 * @param cut whether it ended within a call
 * @param thoughtTokens of the output, those that came with thoughts
 */
public record MessageEnding(
    List<MessagePart> parts,
    FinishReason reason,
    @Nullable String stop,
    boolean cut,
    Usage usage,
    int thoughtTokens) {
  public MessageEnding {
    parts = List.copyOf(parts);
  }

  /** Whether the limit of tokens ended it, or something else that left a call unfinished. */
  public boolean limited() {
    return cut || reason == FinishReason.LENGTH;
  }

  /** Whether it asks for results of tools. */
  public boolean calls() {
    return parts.stream().anyMatch(part -> part.kind() == MessagePart.Kind.CALL);
  }

  /** The reason only: a stop string is the client's. */
  @Override
  public String toString() {
    return "MessageEnding[" + reason + "]";
  }
}
