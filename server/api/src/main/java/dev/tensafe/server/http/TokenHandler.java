package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.JsonBody;
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
    Callable<int[]> encode;
    if (body.hasNonNull("messages")) {
      var messages = ChatRequest.messages(body);
      boolean generation = flag(body, "add_generation_prompt", true);
      encode = () -> encoder.chat(messages, generation);
    } else {
      JsonNode text = body.path("prompt");
      if (!text.isTextual()) {
        throw ApiException.invalid(
            "prompt",
            "missing_required_parameter",
            "'prompt' (a string) or 'messages' is required");
      }
      boolean special = flag(body, "add_special_tokens", true);
      encode = () -> model.tokenizer().encode(text.textValue(), special);
    }
    answer(
        routing,
        () -> {
          int[] tokens = encode.call();
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
    JsonNode list = body.path("tokens");
    if (!list.isArray()) {
      throw ApiException.invalid(
          "tokens", "missing_required_parameter", "'tokens' (a list of token ids) is required");
    }
    int[] tokens = new int[list.size()];
    for (int i = 0; i < tokens.length; i++) {
      JsonNode id = list.get(i);
      if (!id.isIntegralNumber()
          || !id.canConvertToInt()
          || id.intValue() < 0
          || id.intValue() >= model.vocabSize()) {
        throw ApiException.invalid(
            "tokens",
            "invalid_value",
            "'tokens' must hold ids from 0 to " + (model.vocabSize() - 1));
      }
      tokens[i] = id.intValue();
    }
    answer(routing, () -> JsonBody.object().put("prompt", model.tokenizer().decode(tokens, false)));
  }

  private static boolean flag(JsonNode body, String name, boolean otherwise) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw ApiException.invalid(name, "invalid_type", "'" + name + "' must be true or false");
    }
    return value.booleanValue();
  }

  private void answer(RoutingContext routing, Callable<ObjectNode> work) {
    Responder responder = new Responder(routing);
    vertx
        .executeBlocking(work, false)
        .onComplete(
            body -> responder.json(200, body), error -> responder.fail(ApiException.of(error)));
  }
}
