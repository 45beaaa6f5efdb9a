package dev.tensafe.bench.cli;

import dev.tensafe.bench.FloodBench;
import dev.tensafe.bench.LoadSpec;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench flood}: what one tenant's large bodies cost another. */
@Command(
    name = "flood",
    description =
        "Times small streamed requests of one API key, with and without a flood of large bodies"
            + " of another.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class FloodCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--url", required = true, description = "root of the server")
  private URI url = URI.create("http://127.0.0.1");

  @Option(names = "--model", required = true, description = "the served model's name")
  private String model = "";

  @Option(names = "--api-key", defaultValue = "", description = "the neighbour's key")
  private String apiKey = "";

  @Option(names = "--flood-key", defaultValue = "", description = "the flooding tenant's key")
  private String floodKey = "";

  @Option(names = "--connections", defaultValue = "8", description = "of the flood")
  private int connections;

  @Option(names = "--flood-kb", defaultValue = "1900", description = "text in a body of the flood")
  private int kilobytes;

  @Option(names = "--requests", defaultValue = "200", description = "of the neighbour, per round")
  private int requests;

  @Option(names = "--rounds", defaultValue = "5", description = "quiet and flooded, in turn")
  private int rounds;

  @Option(names = "--input-tokens", defaultValue = "64", description = "per prompt")
  private int inputTokens;

  @Option(names = "--output-tokens", defaultValue = "8", description = "per answer")
  private int outputTokens;

  @Option(names = "--vocabulary", defaultValue = "256", description = "prompt ids are below this")
  private int vocabulary;

  @Option(names = "--seed", defaultValue = "1", description = "of prompts")
  private long seed;

  @Override
  public Integer call() {
    if (connections < 1
        || kilobytes < 1
        || requests < 1
        || rounds < 1
        || inputTokens < 1
        || outputTokens < 1
        || vocabulary < 1) {
      throw new ParameterException(spec.commandLine(), "counts and sizes must be positive");
    }
    LoadSpec neighbour =
        new LoadSpec(
            url,
            List.of(model),
            1,
            0,
            requests,
            0,
            inputTokens,
            outputTokens,
            0,
            1,
            vocabulary,
            seed,
            apiKey,
            List.of(),
            List.of());
    new FloodBench(
            spec.commandLine().getOut(),
            new FloodBench.Settings(neighbour, floodKey, connections, kilobytes * 1000, rounds))
        .run();
    return 0;
  }
}
