package dev.tensafe.bench.cli;

import dev.tensafe.bench.LoadSpec;
import dev.tensafe.bench.TenantBench;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench tenants}: what each of two tenants gets of a server. */
@Command(
    name = "tenants",
    description =
        "Has one API key ask for the base model and another for adapters PREFIX1, PREFIX2, …, each"
            + " alone and both together, and reports speeds and shares of the engine's time.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class TenantsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--url", required = true, description = "root of the server")
  private URI url = URI.create("http://127.0.0.1");

  @Option(names = "--model", required = true, description = "the base model's name")
  private String model = "";

  @Option(
      names = "--base-tenant",
      required = true,
      paramLabel = "NAME=KEY",
      description = "its key")
  private String baseTenant = "";

  @Option(
      names = "--adapter-tenant",
      required = true,
      paramLabel = "NAME=KEY",
      description = "that of the other")
  private String adapterTenant = "";

  @Option(names = "--metrics-key", defaultValue = "", description = "a key that may read metrics")
  private String metricsKey = "";

  @Option(names = "--base-clients", defaultValue = "4", description = "of the base model")
  private int baseClients;

  @Option(names = "--adapter-prefix", required = true, description = "of the adapters' names")
  private String prefix = "";

  @Option(names = "--adapters", defaultValue = "50", description = "adapters, with a client each")
  private int adapters;

  @Option(names = "--seconds", defaultValue = "40", description = "of each of three measurements")
  private int seconds;

  @Option(names = "--warmup-seconds", defaultValue = "15", description = "before each of them")
  private int warmup;

  @Option(names = "--input-tokens", defaultValue = "32", description = "per prompt")
  private int inputTokens;

  @Option(names = "--output-tokens", defaultValue = "64", description = "per answer")
  private int outputTokens;

  @Option(names = "--vocabulary", defaultValue = "256", description = "prompt ids are below this")
  private int vocabulary;

  @Override
  public Integer call() {
    if (baseClients < 1
        || adapters < 1
        || seconds < 1
        || warmup < 0
        || inputTokens < 1
        || outputTokens < 1
        || vocabulary < 1) {
      throw new ParameterException(spec.commandLine(), "counts and sizes must be positive");
    }
    List<String> names =
        IntStream.rangeClosed(1, adapters).mapToObj(number -> prefix + number).toList();
    new TenantBench(
            spec.commandLine().getOut(),
            new TenantBench.Settings(
                party(baseTenant, List.of(model), baseClients),
                party(adapterTenant, names, adapters),
                metricsKey,
                warmup,
                seconds))
        .run();
    return 0;
  }

  private TenantBench.Party party(String named, List<String> models, int clients) {
    int at = named.indexOf('=');
    if (at < 1) {
      throw new ParameterException(spec.commandLine(), "tenants are given as NAME=KEY");
    }
    return new TenantBench.Party(
        named.substring(0, at),
        new LoadSpec(
            url,
            models,
            clients,
            0,
            1,
            0,
            inputTokens,
            outputTokens,
            0,
            1,
            vocabulary,
            1,
            named.substring(at + 1),
            List.of(),
            List.of()));
  }
}
