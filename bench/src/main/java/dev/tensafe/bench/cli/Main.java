package dev.tensafe.bench.cli;

import dev.tensafe.runtime.settings.CommandLines;
import dev.tensafe.runtime.settings.VersionCommand;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench}, a program of its own: nothing that serves knows it. */
@Command(
    name = "tensafe",
    description = "Measures TenSafe.",
    versionProvider = VersionCommand.Provider.class,
    mixinStandardHelpOptions = true,
    subcommands = {BenchCommand.class})
public final class Main implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  public static void main(String[] args) {
    CommandLines.run(commandLine(System.getenv()), args);
  }

  /** The command line with its error handling; also for tests. */
  static CommandLine commandLine(Map<String, String> environment) {
    return CommandLines.of(new Main(), environment);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is needed; see --help");
  }
}
