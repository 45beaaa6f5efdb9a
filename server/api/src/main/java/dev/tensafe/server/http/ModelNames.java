package dev.tensafe.server.http;

import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.server.openai.ApiException;
import java.util.Optional;

/**
 * The names by which clients request a model: the base model's name, {@code adapter} or {@code
 * base:adapter}.
 */
final class ModelNames {
  private final String base;
  private final Optional<AdapterRegistry> adapters;

  ModelNames(ServedModel model) {
    this.base = model.name();
    this.adapters = model.adapters();
  }

  /**
   * The adapter a name selects; empty for the base model.
   *
   * @throws ApiException 404 {@code model_not_found}
   */
  Optional<String> adapterOf(String name) {
    if (name.equals(base)) {
      return Optional.empty();
    }
    String adapter = name.startsWith(base + ":") ? name.substring(base.length() + 1) : name;
    if (adapters.isEmpty() || adapters.get().find(adapter).isEmpty()) {
      throw unknown(name);
    }
    return Optional.of(adapter);
  }

  /** The error for a model that does not exist. */
  static ApiException unknown(String name) {
    return new ApiException(
        404,
        "not_found_error",
        "the model '" + name + "' does not exist",
        "model",
        "model_not_found");
  }
}
