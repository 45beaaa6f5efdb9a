package dev.tensafe.cli;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.server.assembly.CacheSizing;
import dev.tensafe.server.assembly.InstalledExecutors;
import dev.tensafe.server.assembly.PrefixSettings;
import dev.tensafe.server.assembly.ServerAssembly;
import dev.tensafe.server.assembly.ServerSettings;
import dev.tensafe.server.assembly.SpeculationSettings;
import dev.tensafe.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Servers of a tiny model, for commands that talk to one over a socket. */
public final class TinyServers {
  private TinyServers() {}

  /**
   * Loads one, which does not listen yet; its model is called {@code tiny}.
   *
   * @param model directory to write the model into
   * @param positions tokens of the longest sequence
   * @param keys file of API keys
   */
  public static ServerAssembly load(Path model, int positions, Path keys) throws IOException {
    SyntheticModel.write(
        model, SyntheticModel.llama(32, 32, 2, 2, 1, 300, positions), DType.F32, 1);
    ServerConfig http =
        new ServerConfig(
            "127.0.0.1",
            0,
            "tiny",
            keys,
            1 << 20,
            1 << 20,
            30,
            600,
            5,
            true,
            List.of(),
            null,
            null);
    return ServerAssembly.load(
        new ServerSettings(
            model,
            http,
            "native",
            new ExecutorOptions(ExecutorOptions.Format.F32, 1),
            new CacheSizing(64, OptionalInt.empty(), 4, 256, 256, 65_536),
            PrefixSettings.WITHIN_TENANTS,
            SpeculationSettings.OFF,
            Optional.empty(),
            Optional.empty(),
            Optional.empty()),
        InstalledExecutors.all(),
        Ticker.system(),
        Clock.systemUTC());
  }
}
