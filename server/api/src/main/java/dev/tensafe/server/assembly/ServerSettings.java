package dev.tensafe.server.assembly;

import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.server.config.ServerConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Everything a server is put together from.
 *
 * @param model the model's directory
 * @param executor the name of what runs the model
 * @param adapters empty when none are accepted
 */
public record ServerSettings(
    Path model,
    ServerConfig http,
    String executor,
    ExecutorOptions compute,
    CacheSizing cache,
    Optional<AdapterSettings> adapters) {}
