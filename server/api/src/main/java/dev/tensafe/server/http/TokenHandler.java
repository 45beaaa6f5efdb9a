package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.anthropic.AnthropicRequest;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.DetokenizeRequest;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.TokenizeRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/** {@code POST /tokenize} and {@code /detokenize}, with vLLM's fields, and what a message costs. */
final class TokenHandler {
  private final Preparation preparation;
  private final ServedModel model;
  private final PromptEncoder encoder;
  private final ModelNames names;

  TokenHandler(Preparation preparation, ServedModel model) {
    this.preparation = preparation;
    this.model = model;
    this.encoder = new PromptEncoder(model);
    this.names = new ModelNames(model);
  }

  void tokenize(RoutingContext routing) {
    answer(
        routing,
        body -> {
          int[] tokens = tokens(TokenizeRequest.parse(JsonBody.parse(body)));
          ObjectNode out = JsonBody.object();
          out.put("count", tokens.length);
          out.put("max_model_len", model.engine().maxSequenceLength());
          ArrayNode ids = out.putArray("tokens");
          for (int token : tokens) {
            ids.add(token);
          }
          return JsonBody.bytes(out);
        });
  }

  void detokenize(RoutingContext routing) {
    answer(
        routing,
        body -> {
          int[] tokens = DetokenizeRequest.parse(JsonBody.parse(body), model.vocabSize()).tokens();
          if (tokens.length > model.engine().maxSequenceLength()) {
            throw encoder.tooLong("tokens", tokens.length + " tokens are more");
          }
          String text = model.tokenizer().decode(tokens, false);
          return JsonBody.bytes(JsonBody.object().put("prompt", text));
        });
  }

  /** {@code POST /v1/messages/count_tokens}, of Anthropic's API. */
  void countMessage(RoutingContext routing) {
    answer(
        routing,
        body -> {
          AnthropicRequest request =
              AnthropicRequest.parseCount(JsonBody.parse(body), model.vocabSize());
          ChatRequest chat = request.chat();
          Optional<String> unused = names.adapterOf(chat.inference().model());
          int[] tokens =
              request.names().in(() -> encoder.chat(chat.prompt(), chat.tools()).tokens());
          return JsonBody.bytes(JsonBody.object().put("input_tokens", tokens.length));
        });
  }

  private int[] tokens(TokenizeRequest request) {
    if (request instanceof TokenizeRequest.Messages chat) {
      return encoder.chat(chat.prompt(), chat.tools()).tokens();
    }
    TokenizeRequest.Text text = (TokenizeRequest.Text) request;
    return encoder.text(text.prompt(), text.addSpecialTokens(), "prompt");
  }

  private void answer(RoutingContext routing, Preparation.Work<byte[]> work) {
    Responder responder = new Responder(routing);
    preparation
        .run(routing, work)
        .onComplete(body -> responder.json(200, body), error -> responder.fail(Failures.of(error)));
  }
}
