package dev.tensafe.cli;

import dev.tensafe.cli.chat.ChatCommand;
import dev.tensafe.cli.top.TopCommand;
import dev.tensafe.cli.training.DemoCommand;
import dev.tensafe.cli.training.EvalCommand;
import dev.tensafe.cli.training.TrainCommand;
import dev.tensafe.cli.training.TrainServerCommand;
import dev.tensafe.owner.host.AdapterHostCommand;
import dev.tensafe.owner.packages.CountersignCommand;
import dev.tensafe.owner.packages.InspectCommand;
import dev.tensafe.owner.packages.KeygenCommand;
import dev.tensafe.owner.packages.PackCommand;
import dev.tensafe.owner.packages.RevokeCommand;
import dev.tensafe.owner.packages.TrustCommand;
import dev.tensafe.owner.packages.VerifyCommand;
import dev.tensafe.owner.packages.WithholdCommand;
import dev.tensafe.runtime.settings.CommandLines;
import dev.tensafe.runtime.settings.CompletionCommand;
import dev.tensafe.runtime.settings.VersionCommand;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe}: exit 0 for success, 1 for refused or failed (one line), 2 for wrong usage. */
@Command(
    name = "tensafe",
    description = "An encrypted inference server that speaks the OpenAI API.",
    versionProvider = VersionCommand.Provider.class,
    mixinStandardHelpOptions = true,
    footer = "Measuring has a program of its own: tensafe bench --help",
    subcommands = {
      ServeCommand.class,
      ChatCommand.class,
      TopCommand.class,
      AdapterHostCommand.class,
      AdapterCommand.class,
      ApiKeyCommand.class,
      KeygenCommand.class,
      PackCommand.class,
      VerifyCommand.class,
      InspectCommand.class,
      TrustCommand.class,
      RevokeCommand.class,
      WithholdCommand.class,
      CountersignCommand.class,
      TrainCommand.class,
      TrainServerCommand.class,
      EvalCommand.class,
      DemoCommand.class,
      CompletionCommand.class,
      VersionCommand.class
    })
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
