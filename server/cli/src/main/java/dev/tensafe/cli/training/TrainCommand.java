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

  @Override
  public Integer call() {
    LogSetup.apply(false, Level.WARNING);
    RunConfig config = RunConfigReader.read(file);
    Signals signals = new Signals();
    MetricsFile metrics =
        new MetricsFile(config.output().resolve("metrics.jsonl"), InstantSource.system());
    Listeners listeners =
        new Listeners(List.of(Terminal.progress(spec.commandLine().getErr()), metrics));
    new TrainingRun(config, listeners, signals::received).run();
    spec.commandLine()
        .getOut()
        .println(
            (config.lora().isPresent() ? "adapter" : "model") + " written to " + config.output());
    return 0;
  }
}
