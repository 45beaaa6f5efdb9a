package dev.tensafe.server.message;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.Usage;
import java.util.List;

/**
 * What an API makes of one message: a JSON object, or named events. Events of parts are collected
 * until they are {@link #take taken}. Confined to the request's context.
 */
public interface MessageFormat extends PartListener {
  /**
   * Events before the first part.
   *
   * @param usage without output yet
   */
  void opening(Usage usage);

  /** Events after the last part. */
  void closing(MessageEnding ending);

  /** Events of a message that fails after its {@link #opening}. */
  void failure(ApiException error, List<MessagePart> parts);

  /** The events since the last call. */
  List<NamedEvent> take();

  /** The whole answer. */
  ObjectNode whole(MessageEnding ending);
}
