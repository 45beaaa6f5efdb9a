package dev.tensafe.bench.cli;

import dev.tensafe.model.synthetic.TruncatedModel;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench truncate-model}: a model's first layers, as its draft model. */
@Command(
    name = "truncate-model",
    description = "Copies a model with its first layers only: a draft model to measure with.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class TruncateModelCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "the model")
  private Path model = Path.of("");

  @Option(names = "--layers", required = true, paramLabel = "N", description = "layers kept")
  private int layers;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "new directory")
  private Path directory = Path.of("");

  @Override
  public Integer call() {
    try {
      TruncatedModel.write(model, directory, layers);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--layers: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new ConfigException("bench.truncate_model", "cannot write " + directory + ": " + e, e);
    }
    spec.commandLine().getOut().println(directory);
    return 0;
  }
}
