package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.openai.DetokenizeRequest;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.TokenizeRequest;
import io.vertx.ext.web.RoutingContext;

/** {@code POST /tokenize} and {@code /detokenize}, with vLLM's fields. */
final class TokenHandler {
  private final Preparation preparation;
  private final ServedModel model;
  private final PromptEncoder encoder;

  TokenHandler(Preparation preparation, ServedModel model) {
    this.preparation = preparation;
    this.model = model;
    this.encoder = new PromptEncoder(model);
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
