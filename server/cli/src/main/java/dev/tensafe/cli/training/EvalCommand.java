package dev.tensafe.cli.training;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.training.run.Loss;
import dev.tensafe.training.run.ModelEvaluation;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tensafe eval}. */
@Command(
    name = "eval",
    description = "Loss and perplexity of a model on a file, without and with an adapter.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "model directory")
  private Path model = Path.of("");

  @Option(names = "--adapter", paramLabel = "DIR", description = "PEFT directory")
  private @Nullable Path adapter;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "JSON lines of text, prompt and completion, or messages")
  private Path data = Path.of("");

  @Option(
      names = "--sequence-length",
      defaultValue = "0",
      description = "most tokens of an example; what the model can, at most 1024, if not given")
  private int length;

  @Option(names = "--threads", description = "compute threads; the number of cores if not given")
  private @Nullable Integer threads;

  @Option(names = "--json", description = "as JSON")
  private boolean json;

  @Override
  public Integer call() {
    LogSetup.apply(false, Level.WARNING);
    int cores = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    report(out, "model", ModelEvaluation.loss(model, Optional.empty(), data, length, cores));
    if (adapter != null) {
      report(
          out, "adapter", ModelEvaluation.loss(model, Optional.of(adapter), data, length, cores));
    }
    if (json) {
      spec.commandLine().getOut().println(out);
    }
    return 0;
  }

  private void report(ObjectNode out, String what, Loss loss) {
    out.putObject(what)
        .put("loss", loss.nats())
        .put("perplexity", loss.perplexity())
        .put("tokens", loss.tokens());
    if (!json) {
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%-16s loss %.4f nats per token, perplexity %.3f, over %d tokens%n",
              what.equals("model") ? "model alone:" : "with adapter:",
              loss.nats(),
              loss.perplexity(),
              loss.tokens());
    }
  }
}
