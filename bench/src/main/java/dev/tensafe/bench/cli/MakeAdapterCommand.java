package dev.tensafe.bench.cli;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench make-adapter}: random weights for a model's projections. */
@Command(
    name = "make-adapter",
    description = "Writes a PEFT directory with random weights for a model, for speed only.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class MakeAdapterCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--base", required = true, paramLabel = "DIR", description = "the model")
  private Path base = Path.of("");

  @Option(
      names = "--targets",
      split = ",",
      defaultValue = "q_proj,v_proj",
      description = "projections, by the endings of their names")
  private List<String> targets = List.of();

  @Option(names = "--rank", defaultValue = "16", description = "of every module")
  private int rank;

  @Option(names = "--dtype", defaultValue = "f32", description = "f32 or bf16")
  private String dtype = "";

  @Option(names = "--seed", defaultValue = "1", description = "of the weights")
  private long seed;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "new directory")
  private Path directory = Path.of("");

  @Override
  public Integer call() {
    if (rank < 1 || !(dtype.equals("f32") || dtype.equals("bf16"))) {
      throw new ParameterException(spec.commandLine(), "--rank is at least 1, --dtype f32 or bf16");
    }
    try (Checkpoint checkpoint = Checkpoint.open(base)) {
      SyntheticAdapter.write(
          directory,
          BaseProjections.of(checkpoint),
          targets,
          rank,
          dtype.equals("f32") ? DType.F32 : DType.BF16,
          seed);
    } catch (IOException e) {
      throw new ConfigException("bench.make_adapter", "cannot write " + directory + ": " + e, e);
    }
    spec.commandLine().getOut().println(directory);
    return 0;
  }
}
