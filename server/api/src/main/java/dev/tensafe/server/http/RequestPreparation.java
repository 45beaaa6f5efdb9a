package dev.tensafe.server.http;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.server.http.PreparedRequest.Prompt;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.CompletionRequest;
import dev.tensafe.server.openai.EchoedPrompt;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.server.openai.ReadMessage;
import dev.tensafe.server.openai.TokenTexts;
import dev.tensafe.server.tools.AnswerParser;
import dev.tensafe.server.tools.CallIds;
import dev.tensafe.server.tools.ToolFormat;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Turns parsed requests into tokens, and checks them against the context. Slow for long texts: not
 * for event loops. Thread-safe.
 */
final class RequestPreparation {
  private final ServedModel model;
  private final TokenTexts texts;
  private final PromptEncoder encoder;
  private final RequestForms forms;
  private final CallIds ids;

  RequestPreparation(ServedModel model, TokenTexts texts) {
    this.model = model;
    this.texts = texts;
    this.encoder = new PromptEncoder(model);
    this.forms = new RequestForms(model);
    this.ids = CallIds.of(model.toolFormat(), new SecureRandom());
  }

  /**
   * @param tenant who asks
   * @throws ApiException 400 {@code context_length_exceeded}, {@code no_chat_template}, …
   */
  PreparedRequest chat(ChatRequest chat, String tenant) {
    InferenceRequest request = chat.inference();
    PromptEncoder.Chat encoded = encoder.chat(chat.prompt(), chat.tools());
    int[] tokens = encoded.tokens();
    Prompt prompt = new Prompt(tokens, null, bounded(request, tokens.length, "messages"));
    ToolFormat format = model.toolFormat();
    return new PreparedRequest(
        request,
        List.of(prompt),
        false,
        forms.of(chat, encoded.thinking(), tenant),
        () ->
            new ReadMessage(
                new AnswerParser(format, chat.tools().callable(), encoded.thinking(), ids),
                chat.reasoning()),
        model.shownTokens(chat.tools().mayCall()));
  }

  /**
   * @param tenant who asks
   * @throws ApiException 400 {@code context_length_exceeded}, {@code invalid_value}
   */
  PreparedRequest completion(CompletionRequest completion, String tenant) {
    InferenceRequest request = completion.inference();
    List<Prompt> prompts = new ArrayList<>();
    for (CompletionRequest.Prompt given : completion.prompts()) {
      int[] tokens = encoder.completion(given);
      SamplingParams params = bounded(request, tokens.length, "prompt");
      EchoedPrompt echo = completion.echo() ? echo(given, tokens, params.maxTokens() == 0) : null;
      prompts.add(new Prompt(tokens, echo, params));
    }
    return new PreparedRequest(
        request, prompts, completion.echo(), forms.of(request, tenant), null, Set.of());
  }

  private EchoedPrompt echo(CompletionRequest.Prompt given, int[] tokens, boolean ends) {
    String text = given instanceof CompletionRequest.Prompt.OfText of ? of.text() : null;
    return EchoedPrompt.of(texts, tokens, text, ends);
  }

  private SamplingParams bounded(InferenceRequest request, int promptLength, String promptParam) {
    int limit = model.engine().maxSequenceLength();
    Integer asked = request.maxTokens();
    long total = (long) promptLength + (asked == null ? 1 : asked);
    if (total > limit) {
      throw ApiException.invalid(
          promptParam,
          "context_length_exceeded",
          "the context holds "
              + limit
              + " tokens, but the prompt has "
              + promptLength
              + (asked == null ? "" : " and '" + request.maxTokensParam() + "' asks for " + asked));
    }
    return request.sampling().withMaxTokens(asked == null ? limit - promptLength : asked);
  }
}
