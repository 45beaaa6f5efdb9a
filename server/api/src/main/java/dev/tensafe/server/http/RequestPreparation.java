package dev.tensafe.server.http;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.server.http.PreparedRequest.Prompt;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.CompletionRequest;
import dev.tensafe.server.openai.EchoedPrompt;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.server.openai.TokenTexts;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns parsed requests into tokens, and checks them against the context. Slow for long texts: not
 * for event loops. Thread-safe.
 */
final class RequestPreparation {
  private final ServedModel model;
  private final TokenTexts texts;
  private final PromptEncoder encoder;

  RequestPreparation(ServedModel model, TokenTexts texts) {
    this.model = model;
    this.texts = texts;
    this.encoder = new PromptEncoder(model);
  }

  /**
   * @throws ApiException 400 {@code context_length_exceeded}, {@code no_chat_template}, …
   */
  PreparedRequest chat(ChatRequest chat) {
    InferenceRequest request = chat.inference();
    int[] tokens = encoder.chat(chat.prompt());
    Prompt prompt = new Prompt(tokens, null, bounded(request, tokens.length, "messages"));
    return new PreparedRequest(request, List.of(prompt), false);
  }

  /**
   * @throws ApiException 400 {@code context_length_exceeded}, {@code invalid_value}
   */
  PreparedRequest completion(CompletionRequest completion) {
    InferenceRequest request = completion.inference();
    List<Prompt> prompts = new ArrayList<>();
    for (CompletionRequest.Prompt given : completion.prompts()) {
      int[] tokens = encoder.completion(given);
      SamplingParams params = bounded(request, tokens.length, "prompt");
      EchoedPrompt echo = completion.echo() ? echo(given, tokens, params.maxTokens() == 0) : null;
      prompts.add(new Prompt(tokens, echo, params));
    }
    return new PreparedRequest(request, prompts, completion.echo());
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
