package dev.tensafe.bench.cli;

import dev.tensafe.bench.quality.QualityBench;
import dev.tensafe.bench.quality.QualityText;
import dev.tensafe.model.files.ModelFiles;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench quality}: what fewer bits cost in quality. */
@Command(
    name = "quality",
    description =
        "Compares number formats of weights and cache with bf16 over a text: perplexity, likeliest"
            + " tokens, probabilities.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class QualityCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "base model")
  private Path model = Path.of("");

  @Option(names = "--text", required = true, paramLabel = "FILE", description = "held-out text")
  private Path text = Path.of("");

  @Option(
      names = "--dialogues",
      description =
          "the text is dialogues parted by empty lines, lines of user and assistant in turn; the"
              + " model's chat template is applied to each")
  private boolean dialogues;

  @Option(names = "--max-tokens", description = "tokens of the text; all if not given")
  private @Nullable Integer maxTokens;

  @Option(names = "--threads", description = "compute threads; the number of cores if not given")
  private @Nullable Integer threads;

  @Override
  public Integer call() {
    int most = maxTokens == null ? Integer.MAX_VALUE : maxTokens;
    int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    if (most < 2 || count < 1) {
      throw new ParameterException(
          spec.commandLine(), "--max-tokens is at least 2, --threads at least 1");
    }
    try (ModelFiles files = ModelFiles.open(model, Clock.systemUTC())) {
      QualityText read = QualityText.read(text, files, dialogues, most);
      new QualityBench(spec.commandLine().getOut()).run(files, read, count);
    }
    return 0;
  }
}
