package dev.tensafe.cli;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.cli.demo.DemoFiles;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.Signals;
import dev.tensafe.runtime.Version;
import dev.tensafe.runtime.log.LogLevels;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.runtime.log.TenantHash;
import dev.tensafe.runtime.settings.FromEnvironment;
import dev.tensafe.runtime.settings.SettingsProvider;
import dev.tensafe.server.assembly.InstalledExecutors;
import dev.tensafe.server.assembly.ServerAssembly;
import dev.tensafe.server.assembly.ServerSettings;
import dev.tensafe.tracing.Tracing;
import dev.tensafe.tracing.otel.OtelSetup;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tensafe serve}: load, listen, serve until told to stop. */
@Command(
    name = "serve",
    description = "Serves a model over the OpenAI API.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
@FromEnvironment(prefix = "TENSAFE_")
final class ServeCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServeOptions given = new ServeOptions();

  @Override
  public Integer call() {
    ServeOptions options = resolved();
    Path key = options.logKey;
    TenantHash tenants = key == null ? TenantHash.random() : TenantHash.of(key);
    LogSetup.apply(json(options.logFormat), Level.INFO, tenants);
    Clock clock = Clock.system(ZoneId.systemDefault());
    if (options.check) {
      LogSetup.apply(json(options.logFormat), Level.WARNING);
      CommandLine line = spec.commandLine();
      return ServeReport.write(options, clock, line.getOut(), line.getErr()) ? 0 : 1;
    }
    ServerSettings settings = ServeSettings.of(options, clock);
    ServeChecks.run(options);
    Path levels = options.logLevels;
    if (levels != null) {
      LogLevels read = LogLevels.of(levels, Level.INFO);
      Signals.onHangup(read::reload);
    }
    try (Tracing tracing = OtelSetup.of(System.getenv(), "tensafe", Version.current(), clock);
        ServerAssembly server =
            ServerAssembly.load(
                settings, InstalledExecutors.all(), tracing, Ticker.system(), clock)) {
      // before the first request, so that none is cut off by a signal
      Signals signals = new Signals();
      String url = server.listen();
      if (options.model == null) {
        String model = settings.http().modelName();
        LOG.info(DemoFiles.whatToAsk(url, model, !options.namesAdapterSettings()));
      }
      spec.commandLine().getOut().println("listening on " + url);
      spec.commandLine().getOut().flush();
      signals.await();
      LOG.info("stopping: new requests are refused, running ones finish");
      server.drain();
    }
    return 0;
  }

  private static boolean json(String format) {
    return switch (format) {
      case "text" -> false;
      case "json" -> true;
      default ->
          throw new ConfigException(
              "config.log-format", "log-format is '" + format + "'; it must be text or json");
    };
  }

  /** The options, with the file's settings below flags and environment. */
  private ServeOptions resolved() {
    SettingsProvider provider = (SettingsProvider) spec.defaultValueProvider();
    Path file = given.config;
    if (file == null || provider == null) {
      return given;
    }
    provider.load(file, spec);
    // parsed once more, now that the provider knows the file
    var line = spec.root().commandLine();
    line.parseArgs(line.getParseResult().originalArgs().toArray(new String[0]));
    return given;
  }
}
