package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.server.structured.FormCompiler;
import dev.tensafe.server.tools.Thinking;
import dev.tensafe.server.tools.ToolFormat;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The model behind the routes.
 *
 * @param adapters empty when none are accepted
 * @param created when it was loaded, seconds since 1970
 * @param forms compiles what outputs must be like
 * @param toolFormat how the model spells calls of tools
 */
public record ServedModel(
    String name,
    long created,
    int vocabSize,
    Tokenizer tokenizer,
    @Nullable ChatTemplate chatTemplate,
    Engine engine,
    Optional<AdapterRegistry> adapters,
    FormCompiler forms,
    ToolFormat toolFormat) {
  /**
   * Special tokens that are text in an assistant's message: what marks thoughts, and calls.
   *
   * @param calls whether it may have calls
   */
  Set<Integer> shownTokens(boolean calls) {
    Set<Integer> shown = new HashSet<>();
    forms
        .specials()
        .forEach(
            (id, text) -> {
              if (calls || Thinking.MARKERS.contains(text)) {
                shown.add(id);
              }
            });
    return shown;
  }
}
