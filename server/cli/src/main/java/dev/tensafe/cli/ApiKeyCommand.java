package dev.tensafe.cli;

import dev.tensafe.runtime.ConfigException;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe apikey}: beside a running server, which reads the file again when it changes. */
@Command(
    name = "apikey",
    description = {"Manages API keys.", "A running server follows every change at once."},
    mixinStandardHelpOptions = true,
    subcommands = {
      ApiKeyCommand.Add.class,
      ApiKeyCommand.ListKeys.class,
      ApiKeyCommand.Remove.class,
      ApiKeyCommand.Rotate.class
    })
final class ApiKeyCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a subcommand is needed: add, list, remove, rotate");
  }

  private static ConfigException failed(Path file, IOException e) {
    return new ConfigException(
        "config.api-keys", "cannot write " + file + ": " + e.getMessage(), e);
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
        description = "infer, adapters, metrics, admin, train; several separated by commas")
    private List<String> scopes = List.of();

    @Override
    public Integer call() {
      Set<ApiKeys.Scope> parsed = new TreeSet<>();
      scopes.forEach(scope -> parsed.add(ApiKeys.Scope.parse(scope)));
      try {
        spec.commandLine().getOut().println(new ApiKeyFile(file).add(name, parsed));
      } catch (IOException e) {
        throw failed(file, e);
      }
      return 0;
    }
  }

  /** {@code tensafe apikey list}. */
  @Command(
      name = "list",
      description = "Lists names and scopes; the keys themselves are stored nowhere.",
      mixinStandardHelpOptions = true)
  static final class ListKeys implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--file", required = true, paramLabel = "FILE", description = "key file")
    private Path file = Path.of("");

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      List<ApiKeys.Key> keys = new ApiKeyFile(file).list();
      for (ApiKeys.Key key : keys) {
        out.println(
            key.name()
                + "  "
                + key.scopes().stream()
                    .sorted()
                    .map(ApiKeys.Scope::label)
                    .collect(Collectors.joining(",")));
      }
      out.println(keys.size() + " keys");
      return 0;
    }
  }

  /** {@code tensafe apikey remove}. */
  @Command(
      name = "remove",
      description = {
        "Takes a key out: it opens nothing any more.",
        "Requests that run already come to their end."
      },
      mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--file", required = true, paramLabel = "FILE", description = "key file")
    private Path file = Path.of("");

    @Option(names = "--name", required = true, description = "whose key it is")
    private String name = "";

    @Override
    public Integer call() {
      try {
        new ApiKeyFile(file).remove(name);
      } catch (IOException e) {
        throw failed(file, e);
      }
      spec.commandLine().getOut().println("the key named " + name + " is removed");
      return 0;
    }
  }

  /** {@code tensafe apikey rotate}. */
  @Command(
      name = "rotate",
      description = {
        "Makes a new key of the same name and scopes, prints it once; the old one ends at once.",
        "For a time with both, add a key of another name and remove the old one later."
      },
      mixinStandardHelpOptions = true)
  static final class Rotate implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--file", required = true, paramLabel = "FILE", description = "key file")
    private Path file = Path.of("");

    @Option(names = "--name", required = true, description = "whose key it is")
    private String name = "";

    @Override
    public Integer call() {
      try {
        spec.commandLine().getOut().println(new ApiKeyFile(file).rotate(name));
      } catch (IOException e) {
        throw failed(file, e);
      }
      return 0;
    }
  }
}
