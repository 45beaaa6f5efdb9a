package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.server.openai.JsonBody;
import io.vertx.ext.web.RoutingContext;

/** {@code GET /v1/models}: the base model, then every adapter that can be asked for. */
final class ModelsHandler {
  private final ServedModel model;
  private final ModelNames names;
  private final AdapterJson json;

  ModelsHandler(ServedModel model) {
    this.model = model;
    this.names = new ModelNames(model);
    this.json = new AdapterJson(model.name(), model.adapters().flatMap(AdapterRegistry::encrypted));
  }

  void list(RoutingContext routing) {
    ObjectNode out = JsonBody.object().put("object", "list");
    ArrayNode data = out.putArray("data").add(base());
    model
        .adapters()
        .ifPresent(
            adapters ->
                adapters.list().stream()
                    .filter(AdapterJson::isServed)
                    .forEach(s -> data.add(json.model(s, model.engine().maxSequenceLength()))));
    new Responder(routing).json(200, out);
  }

  void byId(RoutingContext routing) {
    String id = routing.pathParam("id");
    ObjectNode found =
        names
            .adapterOf(id)
            .flatMap(name -> model.adapters().orElseThrow().find(name))
            .map(s -> json.model(s, model.engine().maxSequenceLength()))
            .orElseGet(this::base);
    new Responder(routing).json(200, found);
  }

  private ObjectNode base() {
    return JsonBody.object()
        .put("id", model.name())
        .put("object", "model")
        .put("created", model.created())
        .put("owned_by", "tensafe")
        .put("max_model_len", model.engine().maxSequenceLength());
  }
}
