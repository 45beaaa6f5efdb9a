package dev.tensafe.bench.cli;

import dev.tensafe.bench.lora.LoraBench;
import dev.tensafe.model.exec.ExecutorFactories;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.torch.TorchExecutorFactory;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--executor",
      defaultValue = "native",
      description = "what runs it: native or torch")
  private String executor = "";

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

  @Option(names = "--repetitions", defaultValue = "41", description = "pairs of steps per row")
  private int repetitions;

  @Override
  public Integer call() {
    ExecutorOptions options = model.executor();
    ExecutorFactory factory =
        new ExecutorFactories(List.of(new NativeExecutorFactory(), new TorchExecutorFactory()))
            .named(executor);
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
    if (!adapterDtype.equals("f32") && !adapterDtype.equals("bf16")) {
      throw new ParameterException(spec.commandLine(), "--adapter-dtype must be f32 or bf16");
    }
    new LoraBench(
            spec.commandLine().getOut(),
            new LoraBench.Settings(
                model.model,
                factory,
                options,
                batch,
                context,
                adapters,
                rank,
                adapterDtype.toUpperCase(Locale.ROOT),
                repetitions))
        .run();
    return 0;
  }
}
