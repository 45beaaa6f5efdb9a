package dev.tensafe.owner;

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

/** {@code tensafe-owner}: all an adapter owner needs, without a model and a tensor library. */
@Command(
    name = "tensafe-owner",
    description = "Makes, signs and hosts adapters, and needs no model.",
    versionProvider = VersionCommand.Provider.class,
    mixinStandardHelpOptions = true,
    subcommands = {
      AdapterHostCommand.class,
      KeygenCommand.class,
      PackCommand.class,
      VerifyCommand.class,
      InspectCommand.class,
      TrustCommand.class,
      RevokeCommand.class,
      WithholdCommand.class,
      CountersignCommand.class,
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
