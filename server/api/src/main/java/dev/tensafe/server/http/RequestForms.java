package dev.tensafe.server.http;

import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.server.structured.OutputForm;
import dev.tensafe.server.tools.Thinking;
import dev.tensafe.server.tools.ToolRequest;
import java.util.Optional;

/**
 * What requests say of their outputs' form, compiled. Slow for large schemas: not for event loops.
 * Thread-safe.
 */
final class RequestForms {
  private final ServedModel model;

  RequestForms(ServedModel model) {
    this.model = model;
  }

  /**
   * The form of a text.
   *
   * @param tenant who asks
   * @throws ApiException 400 naming the field
   */
  Optional<Constraint> of(InferenceRequest request, String tenant) {
    return request
        .form()
        .map(form -> compiled(form.param(), () -> model.forms().compile(tenant, form)));
  }

  /**
   * The form of a message.
   *
   * @param thinking whether it begins with thoughts
   * @throws ApiException 400 naming the field
   */
  Optional<Constraint> of(ChatRequest chat, Thinking thinking, String tenant) {
    Optional<OutputForm> form = chat.inference().form();
    ToolRequest tools = chat.tools();
    if (form.isEmpty() && !tools.mayCall()) {
      return Optional.empty();
    }
    String param = tools.mayCall() ? "tools" : form.orElseThrow().param();
    return Optional.of(compiled(param, () -> model.forms().compile(tenant, form, tools, thinking)));
  }

  private interface Compilation {
    Constraint run();
  }

  private static Constraint compiled(String param, Compilation compilation) {
    try {
      return compilation.run();
    } catch (GrammarException e) {
      String place = e.where().isEmpty() ? "" : " (at " + e.where() + ")";
      String message = "'" + param + "'" + place + ": " + e.getMessage();
      throw switch (e.code().substring(e.code().indexOf('.') + 1)) {
        case "unsupported" -> ApiException.invalid(param, "unsupported_form", message);
        case "too_complex" -> ApiException.invalid(param, "form_too_complex", message);
        default -> ApiException.invalid(param, "invalid_value", message);
      };
    }
  }
}
