package dev.tensafe.bench.cli;

import dev.tensafe.bench.lora.LoraBench;
import dev.tensafe.model.torch.ComputeType;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench lora}: what mixed adapters cost a step. */
@Command(
    name = "lora",
    description = "Times decoding steps with many adapters in one batch beside the base model.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class LoraBenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "base model")
  private Path model = Path.of("");

  @Option(names = "--batch", defaultValue = "64", description = "sequences in a step")
  private int batch;

  @Option(names = "--context", defaultValue = "128", description = "tokens before each of them")
  private int context;

  @Option(
      names = "--adapters",
      split = ",",
      defaultValue = "1,8,32,64",
      description = "different adapters in the batch, one row each")
  private List<Integer> adapters = List.of();

  @Option(names = "--rank", defaultValue = "16", description = "of every module")
  private int rank;

  @Option(names = "--adapter-dtype", defaultValue = "f32", description = "f32 or bf16")
  private String adapterDtype = "";

  @Option(names = "--dtype", defaultValue = "f32", description = "of the model: f32 or bf16")
  private String dtype = "";

  @Option(names = "--threads", description = "compute threads; the number of cores if not given")
  private @Nullable Integer threads;

  @Option(names = "--repetitions", defaultValue = "41", description = "pairs of steps per row")
  private int repetitions;

  @Override
  public Integer call() {
    int cores = Runtime.getRuntime().availableProcessors();
    boolean sensible =
        batch >= 1
            && context >= 1
            && rank >= 1
            && repetitions >= 1
            && adapters.stream().allMatch(count -> count >= 1 && count <= batch);
    if (!sensible) {
      throw new ParameterException(
          spec.commandLine(), "counts are at least 1, and --adapters at most --batch");
    }
    new LoraBench(
            spec.commandLine().getOut(),
            new LoraBench.Settings(
                model,
                type(dtype, "--dtype").equals("BF16") ? ComputeType.BF16 : ComputeType.F32,
                threads == null ? cores : threads,
                batch,
                context,
                adapters,
                rank,
                type(adapterDtype, "--adapter-dtype"),
                repetitions))
        .run();
    return 0;
  }

  private String type(String text, String option) {
    if (!text.equals("f32") && !text.equals("bf16")) {
      throw new ParameterException(spec.commandLine(), option + " must be f32 or bf16");
    }
    return text.toUpperCase(Locale.ROOT);
  }
}
