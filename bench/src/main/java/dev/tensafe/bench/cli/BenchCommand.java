package dev.tensafe.bench.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.bench.LoadGenerator;
import dev.tensafe.bench.LoadReport;
import dev.tensafe.bench.LoadSpec;
import dev.tensafe.bench.Popularity;
import dev.tensafe.bench.ckks.CkksBench;
import dev.tensafe.bench.tssp.TsspBench;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench}. */
@Command(
    name = "bench",
    description = "Measures, and makes models to measure with.",
    mixinStandardHelpOptions = true,
    subcommands = {
      BenchCommand.Serve.class,
      BenchCommand.Ckks.class,
      BenchCommand.Tssp.class,
      FloodCommand.class,
      TenantsCommand.class,
      LoraBenchCommand.class,
      StepCommand.class,
      QualityCommand.class,
      GrammarCommand.class,
      GateCommand.class,
      RelayCommand.class,
      TrainBenchCommand.class,
      BenchCommand.MakeModel.class,
      TruncateModelCommand.class,
      MakeAdapterCommand.class,
      MakePackagesCommand.class
    })
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a subcommand is needed: serve, flood, tenants, ckks, tssp, lora, step, quality,"
            + " grammar, gate, relay, make-model, truncate-model, make-adapter, make-packages");
  }

  /** {@code tensafe bench serve}: load on a running server. */
  @Command(
      name = "serve",
      description = "Sends load to a running server and reports throughput and latencies.",
      mixinStandardHelpOptions = true,
      showDefaultValues = true,
      sortOptions = false)
  static final class Serve implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
        names = "--url",
        required = true,
        paramLabel = "http://HOST:PORT",
        description = "root of the server")
    private URI url = URI.create("http://127.0.0.1");

    @Option(
        names = "--model",
        required = true,
        split = ",",
        description = "the served model's name; requests take several in turn")
    private List<String> models = List.of();

    @Option(
        names = "--concurrency",
        split = ",",
        description = "clients of a closed loop; several runs separated by commas")
    private @Nullable List<Integer> concurrency;

    @Option(names = "--request-rate", description = "requests per second of an open loop")
    private @Nullable Double requestRate;

    @Option(names = "--input-tokens", defaultValue = "128", description = "tokens per prompt")
    private int inputTokens;

    @Option(names = "--output-tokens", defaultValue = "64", description = "tokens per answer")
    private int outputTokens;

    @Option(
        names = "--shared-tokens",
        defaultValue = "0",
        description = "tokens before them that all prompts share, or all turns of a conversation")
    private int sharedTokens;

    @Option(
        names = "--turns",
        defaultValue = "1",
        description =
            "requests of a conversation, each longer by --input-tokens; TTFT is then that of those"
                + " after the first")
    private int turns;

    @Option(
        names = "--num-prompts",
        description = "requests per run; 8 per client, or 64, if not given")
    private @Nullable Integer prompts;

    @Option(names = "--vocabulary", defaultValue = "256", description = "prompt ids are below this")
    private int vocabulary;

    @Option(
        names = "--prompts",
        paramLabel = "FILE",
        description =
            "prompts in place of random ones: JSON Lines, each a text or a list of token ids")
    private @Nullable Path promptFile;

    @Option(
        names = "--fields",
        paramLabel = "FILE",
        description =
            "fields that requests have besides, taken in turn: JSON Lines, an object each")
    private @Nullable Path fieldsFile;

    @Option(names = "--seed", defaultValue = "1", description = "of prompts and arrivals")
    private long seed;

    @Option(
        names = "--zipf",
        paramLabel = "S",
        description = "draws models instead of taking them in turn: the n-th as often as n^-S")
    private @Nullable Double zipf;

    @Option(names = "--api-key", defaultValue = "", description = "bearer key")
    private String apiKey = "";

    @Option(names = "--json", description = "as JSON")
    private boolean json;

    @Override
    public Integer call() {
      List<Integer> loops = concurrency;
      Double rate = requestRate;
      if ((loops == null) == (rate == null)) {
        throw new ParameterException(
            spec.commandLine(), "give either --concurrency or --request-rate");
      }
      List<LoadSpec> runs = new ArrayList<>();
      if (loops != null) {
        loops.forEach(c -> runs.add(load(c, 0, Math.max(16, 8 * c))));
      } else if (rate != null) {
        runs.add(load(0, rate, 64));
      }
      int failed = 0;
      ArrayNode reports = JsonNodeFactory.instance.arrayNode();
      for (LoadSpec run : runs) {
        LoadReport report = LoadGenerator.run(run);
        failed += report.failed();
        reports.add(report.json());
      }
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(reports.toPrettyString());
      } else {
        table(reports, out);
      }
      return failed == 0 ? 0 : 1;
    }

    private LoadSpec load(int clients, double rate, int defaultRequests) {
      Integer given = prompts;
      if (clients < 0
          || rate < 0
          || (clients == 0 && rate == 0)
          || inputTokens < 1
          || outputTokens < 1
          || sharedTokens < 0
          || turns < 1
          || (turns > 1 && clients == 0)
          || vocabulary < 1) {
        throw new ParameterException(
            spec.commandLine(), "counts and rates must be positive, and turns are of clients");
      }
      Double exponent = zipf;
      return new LoadSpec(
          url,
          exponent == null ? models : Popularity.draw(models, exponent, 4096, seed),
          clients,
          rate,
          given == null ? defaultRequests : given,
          Math.max(2, clients),
          inputTokens,
          outputTokens,
          sharedTokens,
          turns,
          vocabulary,
          seed,
          apiKey,
          promptsOfFile(),
          fieldsOfFile());
    }

    private List<JsonNode> promptsOfFile() {
      return promptFile == null ? List.of() : lines("bench.prompts", promptFile);
    }

    private List<ObjectNode> fieldsOfFile() {
      List<ObjectNode> out = new ArrayList<>();
      for (JsonNode line :
          fieldsFile == null ? List.<JsonNode>of() : lines("bench.fields", fieldsFile)) {
        if (!(line instanceof ObjectNode fields)) {
          throw new ConfigException("bench.fields", fieldsFile + ": not an object: " + line);
        }
        out.add(fields);
      }
      return out;
    }

    private static List<JsonNode> lines(String code, Path file) {
      List<JsonNode> read = new ArrayList<>();
      try {
        for (String line : Files.readAllLines(file)) {
          read.add(new ObjectMapper().readTree(line));
        }
      } catch (IOException e) {
        throw new ConfigException(code, "cannot read " + file + ": " + e, e);
      }
      if (read.isEmpty()) {
        throw new ConfigException(code, file + " has no lines");
      }
      return read;
    }

    private static void table(ArrayNode reports, PrintWriter out) {
      out.println(
          "| clients | rate/s | completed | failed | cached tok | output tok/s | total tok/s"
              + " | TTFT p50 ms | TTFT p99 ms | ITL p50 ms | ITL p99 ms | TPOT mean ms |");
      out.println("|---|---|---|---|---|---|---|---|---|---|---|---|");
      reports.forEach(
          r ->
              out.printf(
                  Locale.ROOT,
                  "| %d | %.2f | %d | %d | %d | %.1f | %.1f | %.0f | %.0f | %.1f | %.1f | %.1f |%n",
                  r.path("max_concurrency").intValue(),
                  r.path("request_rate").doubleValue(),
                  r.path("completed").intValue(),
                  r.path("failed").intValue(),
                  r.path("total_cached_tokens").longValue(),
                  r.path("output_throughput").doubleValue(),
                  r.path("total_token_throughput").doubleValue(),
                  r.path("median_ttft_ms").doubleValue(),
                  r.path("p99_ttft_ms").doubleValue(),
                  r.path("median_itl_ms").doubleValue(),
                  r.path("p99_itl_ms").doubleValue(),
                  r.path("mean_tpot_ms").doubleValue()));
      out.flush();
    }
  }

  /** {@code tensafe bench ckks}: what encrypted inner products cost here. */
  @Command(
      name = "ckks",
      description = "Times the encrypted inner products: native primitives, whole products by JMH.",
      mixinStandardHelpOptions = true,
      showDefaultValues = true)
  static final class Ckks implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
        names = "--repetitions",
        defaultValue = "301",
        description = "samples per native figure")
    private int repetitions;

    @Option(names = "--seconds", defaultValue = "3", description = "JMH's time per product")
    private int seconds;

    @Override
    public Integer call() {
      if (repetitions < 1 || repetitions > 10_000 || seconds < 1) {
        throw new ParameterException(
            spec.commandLine(), "--repetitions must be 1 to 10000, --seconds at least 1");
      }
      new CkksBench(spec.commandLine().getOut(), repetitions, seconds).run();
      return 0;
    }
  }

  /** {@code tensafe bench tssp}: what adapter packages cost here. */
  @Command(
      name = "tssp",
      description = "Times signing, packing, verifying and opening packages, beside their limits.",
      mixinStandardHelpOptions = true,
      showDefaultValues = true)
  static final class Tssp implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
        names = "--size-mib",
        split = ",",
        defaultValue = "64,256",
        description = "plain adapters, one after the other")
    private List<Integer> sizes = List.of();

    @Option(
        names = "--he-size-mib",
        split = ",",
        defaultValue = "16,64",
        description = "adapters to split, one after the other")
    private List<Integer> heSizes = List.of();

    @Option(names = "--repetitions", defaultValue = "5", description = "of which the median counts")
    private int repetitions;

    @Override
    public Integer call() {
      boolean positive =
          Stream.concat(sizes.stream(), heSizes.stream()).allMatch(size -> size >= 1);
      if (repetitions < 1 || !positive) {
        throw new ParameterException(spec.commandLine(), "sizes and --repetitions are at least 1");
      }
      new TsspBench(spec.commandLine().getOut(), repetitions).run(sizes, heSizes);
      return 0;
    }
  }

  /** {@code tensafe bench make-model}: random weights in a real shape. */
  @Command(
      name = "make-model",
      description = "Writes a model directory of real shape with random weights, for speed only.",
      mixinStandardHelpOptions = true,
      showDefaultValues = true)
  static final class MakeModel implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--shape", required = true, description = "135m, 1.1b, or tiny to try things")
    private String shape = "";

    @Option(names = "--seed", defaultValue = "1", description = "of the weights")
    private long seed;

    @Option(names = "--dtype", defaultValue = "bf16", description = "f32, f16 or bf16")
    private String dtype = "";

    @Option(
        names = "--fading",
        defaultValue = "1",
        description = "what a layer adds, as a share of what the one before it does")
    private double fading;

    @Option(
        names = "--tokenizer",
        paramLabel = "DIR",
        description = "has the tokenizer to use instead of bytes; the vocabulary is as large")
    private @Nullable Path tokenizer;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "new directory")
    private Path directory = Path.of("");

    @Override
    public Integer call() {
      ObjectNode config =
          switch (shape) {
            case "tiny" -> SyntheticModel.llama(32, 64, 2, 4, 2, 320, 1024);
            case "135m" -> SyntheticModel.shape135m();
            case "1.1b" -> SyntheticModel.shape1b1();
            default ->
                throw new ParameterException(
                    spec.commandLine(), "--shape must be tiny, 135m or 1.1b");
          };
      DType type =
          switch (dtype) {
            case "f32" -> DType.F32;
            case "f16" -> DType.F16;
            case "bf16" -> DType.BF16;
            default ->
                throw new ParameterException(
                    spec.commandLine(), "--dtype must be f32, f16 or bf16");
          };
      try {
        Path foreign = tokenizer;
        if (foreign == null) {
          SyntheticModel.write(directory, config, type, seed, fading);
        } else {
          ForeignTokenizer other = ForeignTokenizer.read(foreign);
          SyntheticModel.write(directory, other.enter(config), type, seed, fading);
          other.copyTo(directory);
        }
      } catch (IOException e) {
        throw new ConfigException("bench.make_model", "cannot write " + directory + ": " + e, e);
      }
      spec.commandLine().getOut().println(directory);
      return 0;
    }
  }
}
