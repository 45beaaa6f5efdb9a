package dev.tensafe.cli.training;

import dev.tensafe.cli.demo.DemoFiles;
import dev.tensafe.demo.DemoBuild;
import dev.tensafe.runtime.Signals;
import dev.tensafe.runtime.log.LogSetup;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe demo}. */
@Command(
    name = "demo",
    description = "The bundled chat model and its adapters.",
    mixinStandardHelpOptions = true,
    subcommands = DemoCommand.Build.class)
public final class DemoCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is needed: build");
  }

  /** {@code tensafe demo build}. */
  @Command(
      name = "build",
      description = "Makes them again: dialogues, tokenizer, model, adapters, report.",
      mixinStandardHelpOptions = true)
  static final class Build implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
        names = "--out",
        paramLabel = "DIR",
        description = "what is made goes here; in place of the bundled files if not given")
    private @Nullable Path out;

    @Option(
        names = "--work",
        paramLabel = "DIR",
        description = "data, checkpoints and metrics go here; OUT/work if not given")
    private @Nullable Path work;

    @Option(names = "--threads", description = "compute threads; the number of cores if not given")
    private @Nullable Integer threads;

    @Override
    public Integer call() {
      LogSetup.apply(false, Level.WARNING);
      Path target = out == null ? DemoFiles.ofProject().root() : out;
      Signals signals = new Signals();
      var report =
          new DemoBuild(
                  target,
                  work == null ? target.resolve("work") : work,
                  threads == null ? Runtime.getRuntime().availableProcessors() : threads,
                  Terminal.progress(spec.commandLine().getErr()),
                  signals::received,
                  InstantSource.system())
              .build();
      spec.commandLine().getOut().println(report.toPrettyString());
      return 0;
    }
  }
}
