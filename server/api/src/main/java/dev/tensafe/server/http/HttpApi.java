package dev.tensafe.server.http;

import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.config.ServerConfig;
import io.vertx.core.Handler;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** The routes of inference, of adapters and of the console: who may call them. */
final class HttpApi {
  private final ServerConfig config;
  private final RouterFrame frame;
  private final Authorizer authorizer;
  private final InferenceHandler inference;
  private final TokenHandler tokens;
  private final ModelsHandler models;
  private final AdapterHandler adapters;
  private final StatusHandler status;
  private final ApiDocument document = ApiDocument.load();

  HttpApi(
      ServerConfig config,
      RouterFrame frame,
      Preparation preparation,
      ServedModel model,
      Authorizer authorizer,
      InferenceHandler inference,
      AdapterHandler adapters,
      StatusHandler status) {
    this.config = config;
    this.frame = frame;
    this.models = new ModelsHandler(model);
    this.adapters = adapters;
    this.status = status;
    this.authorizer = authorizer;
    this.inference = inference;
    this.tokens = new TokenHandler(preparation, model);
  }

  Router router() {
    Routes routes = frame.begin();
    if (config.console()) {
      ConsoleHandler console = new ConsoleHandler();
      routes.get("/").handler(console::index);
      routes.getWithRegex("/console/(?<path>.+)").handler(console::file);
    }
    routes.get("/openapi.json").handler(document::answer);
    Handler<RoutingContext> infer = authorizer.require(ApiKeys.Scope.INFER);
    routes
        .get("/v1/status")
        .handler(authorizer.require(ApiKeys.Scope.METRICS))
        .handler(status::status);
    routes
        .post("/v1/requests/:id/cancel")
        .handler(authorizer.require(ApiKeys.Scope.ADMIN))
        .handler(status::cancel);
    routes.get("/v1/models").handler(infer).handler(models::list);
    // a name may hold slashes, as those of Hugging Face do
    routes.getWithRegex("/v1/models/(?<id>.+)").handler(infer).handler(models::byId);
    Handler<RoutingContext> look = authorizer.require(ApiKeys.Scope.ADAPTERS, ApiKeys.Scope.INFER);
    Handler<RoutingContext> change = authorizer.require(ApiKeys.Scope.ADAPTERS);
    routes.get("/v1/adapters").handler(look).handler(adapters::list);
    routes.get("/v1/adapters/:name").handler(look).handler(adapters::get);
    routes.delete("/v1/adapters/:name").handler(change).handler(frame::whenReady);
    routes.delete("/v1/adapters/:name").handler(adapters::delete);
    routes.post("/v1/adapters").handler(change).handler(frame.traced("/v1/adapters"));
    routes.post("/v1/adapters").handler(frame::whenReady);
    routes.post("/v1/adapters").handler(BodyChecks::coding);
    routes.post("/v1/adapters").handler(adapters::upload);
    post("/v1/chat/completions", infer, inference::chat);
    post("/v1/completions", infer, inference::completion);
    post("/v1/responses", infer, inference::responses);
    post("/v1/messages", infer, inference::messages);
    post("/v1/messages/count_tokens", infer, tokens::countMessage);
    post("/tokenize", infer, tokens::tokenize);
    post("/detokenize", infer, tokens::detokenize);
    return frame.end();
  }

  private void post(String path, Handler<RoutingContext> access, Handler<RoutingContext> handler) {
    frame.post(path, access, RouterFrame.JSON, handler);
  }
}
