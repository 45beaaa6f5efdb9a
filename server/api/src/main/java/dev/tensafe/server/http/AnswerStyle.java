package dev.tensafe.server.http;

import dev.tensafe.server.message.MessageFormat;
import dev.tensafe.server.openai.AnswerFormat;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ChoiceState;
import java.util.List;
import java.util.function.Function;

/** How the outputs of a request become what its client is answered. Stateless. */
interface AnswerStyle {
  /**
   * Begins an answer.
   *
   * @param prepared what is answered
   * @param choices one per output, in their order
   */
  Answer begin(
      PreparedRequest prepared,
      AnswerHead head,
      List<ChoiceState> choices,
      UsageCount usage,
      Responder responder);

  /** As OpenAI's API answers completions, in one piece or in chunks. */
  static AnswerStyle completions(Function<AnswerHead, AnswerFormat> format) {
    return (prepared, head, choices, usage, responder) -> {
      AnswerFormat made = format.apply(head);
      return prepared.request().stream()
          ? new StreamedAnswer(responder, made, choices, prepared.request().includeUsage(), usage)
          : new WholeAnswer(responder, made, choices, usage);
    };
  }

  /** One message, whole or in named events. */
  static AnswerStyle message(Function<AnswerHead, MessageFormat> format) {
    return (prepared, head, choices, usage, responder) ->
        new MessageAnswer(
            responder,
            format.apply(head),
            choices.get(0).message(),
            usage,
            prepared.request().stream());
  }
}
