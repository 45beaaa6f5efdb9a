package dev.tensafe.server.cli;

import dev.tensafe.formats.CodedException;
import dev.tensafe.server.cli.training.DemoCommand;
import dev.tensafe.server.cli.training.EvalCommand;
import dev.tensafe.server.cli.training.TrainCommand;
import dev.tensafe.server.cli.tssp.CountersignCommand;
import dev.tensafe.server.cli.tssp.InspectCommand;
import dev.tensafe.server.cli.tssp.KeygenCommand;
import dev.tensafe.server.cli.tssp.PackCommand;
import dev.tensafe.server.cli.tssp.RevokeCommand;
import dev.tensafe.server.cli.tssp.TrustCommand;
import dev.tensafe.server.cli.tssp.VerifyCommand;
import dev.tensafe.server.cli.tssp.WithholdCommand;
import dev.tensafe.server.http.Version;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe}: exit 0 for success, 1 for refused or failed (one line), 2 for wrong usage. */
@Command(
    name = "tensafe",
    description = "An encrypted inference server that speaks the OpenAI API.",
    versionProvider = Main.Versions.class,
    mixinStandardHelpOptions = true,
    subcommands = {
      ServeCommand.class,
      AdapterHostCommand.class,
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
      EvalCommand.class,
      DemoCommand.class,
      BenchCommand.class,
      Main.VersionCommand.class
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  public static void main(String[] args) {
    int code = commandLine().execute(args);
    System.out.flush();
    System.err.flush();
    // Not exit(): it runs the static destructors of the tensor library beside its own live threads,
    // which was seen to abort the process after everything was done.
    Runtime.getRuntime().halt(code);
  }

  /** The command line with its error handling; also for tests. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setDefaultValueProvider(new SettingsProvider(System.getenv()));
    line.setExecutionExceptionHandler(
        (error, command, parsed) -> {
          if (error instanceof CodedException coded) {
            command.getErr().println(coded.code() + ": " + coded.description());
          } else {
            LoggerFactory.getLogger(Main.class).error("failed unexpectedly", error);
            command.getErr().println("internal: " + error.getClass().getName());
          }
          return 1;
        });
    return line;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is needed; see --help");
  }

  /** {@code tensafe version}. */
  @Command(name = "version", description = "Prints the version.", mixinStandardHelpOptions = true)
  static final class VersionCommand implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "as JSON")
    private boolean json;

    @Override
    public void run() {
      String version = Version.current();
      spec.commandLine()
          .getOut()
          .println(json ? "{\"version\":\"" + version + "\"}" : "tensafe " + version);
    }
  }

  /** For {@code --version}. */
  static final class Versions implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"tensafe " + Version.current()};
    }
  }
}
