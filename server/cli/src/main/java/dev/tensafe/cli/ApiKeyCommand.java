package dev.tensafe.cli;

import dev.tensafe.runtime.ConfigException;
import dev.tensafe.server.config.ApiKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe apikey}. */
@Command(
    name = "apikey",
    description = "Manages API keys.",
    mixinStandardHelpOptions = true,
    subcommands = ApiKeyCommand.Add.class)
final class ApiKeyCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is needed: add");
  }

  /** {@code tensafe apikey add}: prints the key, stores its hash. */
  @Command(
      name = "add",
      description = "Makes a key, prints it once and stores its hash.",
      mixinStandardHelpOptions = true)
  static final class Add implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--file", required = true, paramLabel = "FILE", description = "key file")
    private Path file = Path.of("");

    @Option(names = "--name", required = true, description = "whose key it is")
    private String name = "";

    @Option(
        names = "--scope",
        required = true,
        split = ",",
        description = "infer, adapters, metrics; several separated by commas")
    private List<String> scopes = List.of();

    @Override
    public Integer call() {
      Set<ApiKeys.Scope> parsed = new TreeSet<>();
      scopes.forEach(scope -> parsed.add(ApiKeys.Scope.parse(scope)));
      try {
        spec.commandLine().getOut().println(ApiKeys.add(file, name, parsed));
      } catch (IOException e) {
        throw new ConfigException("config.api-keys", "cannot write " + file, e);
      }
      return 0;
    }
  }
}
