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
 * What requests say of their outputs' form. What is to be compiled is left to be done where it
 * keeps nobody else waiting. Thread-safe.
 */
final class RequestForms {
  private final ServedModel model;

  RequestForms(ServedModel model) {
    this.model = model;
  }

  /**
   * The form of a text; compiling it may throw {@link ApiException} 400 naming the field.
   *
   * @param tenant who asks
   */
  PreparedForm of(InferenceRequest request, String tenant) {
    if (request.form().isEmpty()) {
      return PreparedForm.NONE;
    }
    OutputForm form = request.form().get();
    return prepared(
        model.forms().known(tenant, form), form.param(), () -> model.forms().compile(tenant, form));
  }

  /**
   * The form of a message; compiling it may throw {@link ApiException} 400 naming the field.
   *
   * @param thinking whether it begins with thoughts
   * @param tenant who asks
   */
  PreparedForm of(ChatRequest chat, Thinking thinking, String tenant) {
    Optional<OutputForm> form = chat.inference().form();
    ToolRequest tools = chat.tools();
    if (form.isEmpty() && !tools.mayCall()) {
      return PreparedForm.NONE;
    }
    return prepared(
        model.forms().known(tenant, form, tools, thinking),
        form.map(OutputForm::param).orElse(""),
        () -> model.forms().compile(tenant, form, tools, thinking));
  }

  private static PreparedForm prepared(
      Optional<Constraint> known, String form, Compilation compilation) {
    return known.isPresent()
        ? new PreparedForm(known, null)
        : new PreparedForm(Optional.empty(), () -> compiled(form, compilation));
  }

  private interface Compilation {
    Constraint run();
  }

  /** The field that an error is about: tools, or the form. */
  private static String param(GrammarException e, String form) {
    if (e.where().startsWith("functions[")) {
      return "functions";
    }
    return form.isEmpty() || e.where().startsWith("tools[") ? "tools" : form;
  }

  /**
   * @param form the field of the form; empty for none beside tools
   */
  private static Constraint compiled(String form, Compilation compilation) {
    try {
      return compilation.run();
    } catch (GrammarException e) {
      String param = param(e, form);
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
