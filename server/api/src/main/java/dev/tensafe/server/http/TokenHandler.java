package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.openai.DetokenizeRequest;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.TokenizeRequest;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Callable;

/** {@code POST /tokenize} and {@code /detokenize}, with vLLM's fields. */
final class TokenHandler {
  private final Vertx vertx;
  private final ServedModel model;
  private final PromptEncoder encoder;

  TokenHandler(Vertx vertx, ServedModel model) {
    this.vertx = vertx;
    this.model = model;
    this.encoder = new PromptEncoder(model);
  }

  void tokenize(RoutingContext routing) {
    JsonNode body = JsonBody.parse(HttpApi.bodyOf(routing));
    TokenizeRequest request = TokenizeRequest.parse(body);
    answer(
        routing,
        () -> {
          int[] tokens = tokens(request);
          ObjectNode out = JsonBody.object();
          out.put("count", tokens.length);
          out.put("max_model_len", model.engine().maxSequenceLength());
          for (int token : tokens) {
            out.withArray("tokens").add(token);
          }
          out.withArray("tokens");
          return out;
        });
  }

  void detokenize(RoutingContext routing) {
    JsonNode body = JsonBody.parse(HttpApi.bodyOf(routing));
    int[] tokens = DetokenizeRequest.parse(body, model.vocabSize()).tokens();
    answer(routing, () -> JsonBody.object().put("prompt", model.tokenizer().decode(tokens, false)));
  }

  private int[] tokens(TokenizeRequest request) {
    if (request instanceof TokenizeRequest.Conversation chat) {
      return encoder.chat(chat.prompt());
    }
    TokenizeRequest.Text text = (TokenizeRequest.Text) request;
    return model.tokenizer().encode(text.prompt(), text.addSpecialTokens());
  }

  private void answer(RoutingContext routing, Callable<ObjectNode> work) {
    Responder responder = new Responder(routing);
    vertx
        .executeBlocking(work, false)
        .onComplete(body -> responder.json(200, body), error -> responder.fail(Failures.of(error)));
  }
}
