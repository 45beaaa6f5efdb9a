package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The model behind the routes.
 *
 * @param adapters empty when none are accepted
 * @param created when it was loaded, seconds since 1970
 */
public record ServedModel(
    String name,
    long created,
    int vocabSize,
    Tokenizer tokenizer,
    @Nullable ChatTemplate chatTemplate,
    Engine engine,
    Optional<AdapterRegistry> adapters) {}
