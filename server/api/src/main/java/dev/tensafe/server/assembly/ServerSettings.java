package dev.tensafe.server.assembly;

import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.tools.ToolFormat;
import java.nio.file.Path;
import java.util.Optional;

/**
 * All settings of a server.
 *
 * @param model the model's directory
 * @param executor name of the executor
 * @param prefixes how prompts that begin alike are computed once
 * @param speculation how it guesses ahead
 * @param adapters empty when none are accepted
 * @param draftModel directory of a small model that guesses for the other; empty for none
 * @param toolFormat how the model spells calls of tools; empty for as its chat template does
 */
public record ServerSettings(
    Path model,
    ServerConfig http,
    String executor,
    ExecutorOptions compute,
    CacheSizing cache,
    PrefixSettings prefixes,
    SpeculationSettings speculation,
    Optional<AdapterSettings> adapters,
    Optional<Path> draftModel,
    Optional<ToolFormat> toolFormat) {}
