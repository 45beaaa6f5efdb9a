package dev.tensafe.server.openai;

import dev.tensafe.batching.EngineException;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.file.NoSpace;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.model.template.TemplateException;
import dev.tensafe.tssp.TsspException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An error as the OpenAI API reports it, with its HTTP status. Carries no stack trace. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String type;
  private final @Nullable String param;
  private final @Nullable String code;

  public ApiException(
      int status, String type, String message, @Nullable String param, @Nullable String code) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
  }

  /** A request that is wrong: 400 {@code invalid_request_error}. */
  public static ApiException invalid(
      @Nullable String param, @Nullable String code, String message) {
    return new ApiException(400, "invalid_request_error", message, param, code);
  }

  /** 503 with {@code Retry-After}. */
  public static ApiException unavailable(String code, String message) {
    return new ApiException(503, "server_error", message, null, code);
  }

  /** The error of any failure for clients; an unknown one does not reveal its cause. */
  public static ApiException of(Throwable error) {
    if (error instanceof ApiException api) {
      return api;
    }
    if (NoSpace.causes(error)) {
      return new ApiException(
          507, "server_error", "the server has no space left on its disk", null, "storage_full");
    }
    if (error instanceof EngineException engine) {
      String text = engine.description();
      return switch (engine.kind()) {
        case OVERLOADED -> new ApiException(429, "rate_limit_error", text, null, "queue_full");
        case INVALID -> invalid(null, engine.code(), text);
        case TOO_LARGE -> invalid(null, "context_length_exceeded", text);
        case STOPPING -> unavailable("server_stopping", text);
        case TIMEOUT -> new ApiException(504, "server_error", text, null, "request_timeout");
        case FAILED -> new ApiException(500, "server_error", text, null, engine.code());
      };
    }
    if (error instanceof AdapterException adapter) {
      return AdapterErrors.of(adapter);
    }
    if (error instanceof TsspException refused) {
      return AdapterErrors.of(refused);
    }
    if (error instanceof TemplateException template) {
      return invalid("messages", template.code(), "the chat template: " + template.description());
    }
    if (error instanceof CodedException coded) {
      if (coded.code().equals(AdapterErrors.NOT_COMPUTED)) {
        return unavailable("adapter_unavailable", coded.description());
      }
      return new ApiException(500, "server_error", coded.description(), null, coded.code());
    }
    return new ApiException(500, "server_error", "internal error", null, "internal_error");
  }

  /** The same error about a request whose fields have other names. */
  ApiException reworded(UnaryOperator<String> names) {
    String quoted = param == null ? null : names.apply("'" + param + "'");
    String renamed = quoted == null ? null : quoted.substring(1, quoted.length() - 1);
    return new ApiException(status, type, names.apply(text()), renamed, code);
  }

  public int status() {
    return status;
  }

  public String type() {
    return type;
  }

  public @Nullable String param() {
    return param;
  }

  public @Nullable String code() {
    return code;
  }

  /** The message; never null. */
  public String text() {
    return String.valueOf(getMessage());
  }

  /** Whether trying again later may help; such answers carry {@code Retry-After}. */
  public boolean retryable() {
    return status == 429 || status == 503;
  }
}
