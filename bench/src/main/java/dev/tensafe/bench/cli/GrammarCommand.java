package dev.tensafe.bench.cli;

import dev.tensafe.bench.grammar.GrammarBench;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench grammar}: what masks of constrained outputs take. */
@Command(
    name = "grammar",
    description =
        "Follows texts through their JSON schemas or grammars and times each mask, on one core.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class GrammarCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "DIR",
      description = "directory with tokenizer.json")
  private Path tokenizer = Path.of("");

  @Option(
      names = "--samples",
      required = true,
      paramLabel = "FILE",
      description =
          "lines of JSON, compressed or not: a schema with tests, or a grammar or regex with texts")
  private Path samples = Path.of("");

  @Option(names = "--tokens", required = true, description = "tokens that the tokenizer has")
  private int tokens;

  @Option(
      names = "--vocabulary",
      description = "tokens to make measurements with, more by joining pairs; 0: the tokenizer's")
  private int vocabulary;

  @Option(names = "--seed", description = "of the choice of pairs")
  private long seed = 1;

  @Option(names = "--rounds", description = "the last one counts")
  private int rounds = 2;

  @Override
  public Integer call() {
    if (tokens < 1 || rounds < 1 || vocabulary < 0) {
      throw new ParameterException(
          spec.commandLine(), "--tokens and --rounds are at least 1, --vocabulary at least 0");
    }
    new GrammarBench(spec.commandLine().getOut())
        .run(tokenizer, tokens, vocabulary, samples, seed, rounds);
    return 0;
  }
}
