package dev.tensafe.cli.training;

import dev.tensafe.runtime.Signals;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.training.run.Listeners;
import dev.tensafe.training.run.MetricsFile;
import dev.tensafe.training.run.RunConfig;
import dev.tensafe.training.run.RunConfigReader;
import dev.tensafe.training.run.TrainingRun;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tensafe train}. */
@Command(
    name = "train",
    description = "Trains a model or an adapter; the same command again goes on where it stopped.",
    mixinStandardHelpOptions = true)
public final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "YAML; see docs/TRAINING.md")
  private Path file = Path.of("");

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description = "serves /metrics there; not at all if not given")
  private @Nullable Integer metricsPort;

  @Option(
      names = "--metrics-host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "address to bind for --metrics-port")
  private String metricsHost = "";

  @Override
  public Integer call() {
    LogSetup.apply(false, Level.WARNING);
    RunConfig config = RunConfigReader.read(file);
    Signals signals = new Signals();
    MetricsFile written =
        new MetricsFile(config.output().resolve("metrics.jsonl"), InstantSource.system());
    Integer port = metricsPort;
    try (TrainingMetrics metrics = new TrainingMetrics();
        MetricsPort shown =
            port == null ? null : MetricsPort.open(metricsHost, port, metrics::scrape)) {
      if (shown != null) {
        spec.commandLine().getErr().println(metricsOf(shown.port()));
      }
      Listeners listeners =
          new Listeners(List.of(Terminal.progress(spec.commandLine().getErr()), written, metrics));
      new TrainingRun(config, listeners, signals::received).run();
    }
    spec.commandLine()
        .getOut()
        .println(
            (config.lora().isPresent() ? "adapter" : "model") + " written to " + config.output());
    return 0;
  }

  private String metricsOf(int port) {
    String host = metricsHost.contains(":") ? "[" + metricsHost + "]" : metricsHost;
    return "metrics: http://" + host + ":" + port + "/metrics";
  }
}
