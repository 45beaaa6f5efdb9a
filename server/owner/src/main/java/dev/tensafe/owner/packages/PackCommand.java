package dev.tensafe.owner.packages;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.tssp.crypto.Digests;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.GuessPolicy;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestWriter;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.AdapterPacker;
import dev.tensafe.tssp.pack.PackRequest;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe pack}. */
@Command(
    name = "pack",
    description = "Checks a PEFT adapter, encrypts it to its recipients and signs it.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class PackCommand implements Callable<Integer> {
  /** The modes of an adapter; that of checkpoints is none. */
  private enum Served {
    PLAIN,
    HE;

    Mode mode() {
      return this == HE ? Mode.HE : Mode.PLAIN;
    }
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--peft",
      required = true,
      paramLabel = "DIR",
      description = "adapter_config.json and adapter_model.safetensors")
  private Path peft = Path.of("");

  @Option(
      names = "--base",
      required = true,
      paramLabel = "DIR",
      description = "the model the adapter was trained on")
  private Path base = Path.of("");

  @Option(
      names = "--base-binding",
      defaultValue = "weights",
      description = "weights: that model only; config: any weights of its shape; any")
  private PackRequest.Binding binding = PackRequest.Binding.WEIGHTS;

  @Option(names = "--name", required = true, description = "the adapter's name for clients")
  private String name = "";

  @Option(
      names = "--package-version",
      required = true,
      paramLabel = "N",
      description = "grows with every release")
  private long version;

  @Option(
      names = "--mode",
      required = true,
      description = "plain: the model host adds the weights; he: an adapter host keeps them")
  private Served served = Served.PLAIN;

  @Option(
      names = "--signing-key",
      required = true,
      paramLabel = "FILE",
      description = "the owner's")
  private Path signingKey = Path.of("");

  @Option(
      names = "--recipient",
      required = true,
      arity = "1..*",
      paramLabel = "PUB",
      description = "model hosts that may open the package")
  private List<Path> recipients = List.of();

  @Option(
      names = "--adapter-host-recipient",
      arity = "1..*",
      paramLabel = "PUB",
      description = "adapter hosts that may open the sealed part (mode he)")
  private @Nullable List<Path> adapterHosts;

  @Option(
      names = "--expires-days",
      paramLabel = "N",
      description = "valid that long; for ever if not given")
  private @Nullable Integer expiresDays;

  @Option(names = "--allowed-tenant", paramLabel = "NAME", description = "only these tenants")
  private @Nullable List<String> tenants;

  @Option(
      names = "--max-tokens-per-tenant-per-day",
      paramLabel = "N",
      description = "budget of one tenant in a day (UTC), in tokens of prompts and outputs")
  private @Nullable Long tokensPerDay;

  @Option(
      names = "--max-tokens-total",
      paramLabel = "N",
      description = {
        "budget of all together, in tokens of prompts and outputs.",
        "In mode he the adapter host counts a token once, whatever the number of layers. Nothing"
            + " else is sent that would cost any: no cover rows, no probes. The tag that a model"
            + " host checks answers by costs it once about 4 x width / rank tokens (2048 wide, rank"
            + " 16: 512); what is computed again after a preemption counts again."
      })
  private @Nullable Long tokensTotal;

  @Option(
      names = "--require-attestation",
      description = "refused by every host today: none can be attested yet")
  private boolean attestation;

  @Option(
      names = "--require-separate-adapter-host",
      description = "not to be served with both roles in one process (mode he)")
  private boolean separateHost;

  @Option(
      names = "--speculation",
      paramLabel = "allow|forbid",
      description = {
        "whether a model host may have guesses at coming tokens evaluated, several at a time: faster,"
            + " and the same answers.",
        "In mode he the adapter host counts wrong guesses too. If not given: allowed, but in mode he"
            + " not with --max-tokens-total"
      })
  private @Nullable GuessPolicy speculation;

  @Option(
      names = "--probes",
      defaultValue = "16",
      paramLabel = "N",
      description =
          "known answers by which a model host checks a tag (mode he); they are never sent and cost"
              + " no budget")
  private int probes;

  @Option(names = "--license", paramLabel = "TEXT", description = "shown by inspect")
  private @Nullable String license;

  @Option(
      names = "--annotation",
      paramLabel = "KEY=TEXT",
      description = "shown by inspect; not secret")
  private @Nullable Map<String, String> annotations;

  @Mixin private PassphraseOptions passphrases = new PassphraseOptions();
  @Mixin private CacheOptions cache = new CacheOptions();

  @Option(names = "--out", required = true, paramLabel = "FILE.tssp", description = "the package")
  private Path out = Path.of("");

  @Option(names = "--json", description = "as JSON")
  private boolean json;

  @Override
  public Integer call() {
    LogSetup.apply(false, Level.INFO);
    Mode mode = served.mode();
    List<Path> hosts = adapterHosts == null ? List.of() : adapterHosts;
    if ((mode == Mode.HE) == hosts.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          mode == Mode.HE
              ? "mode he needs --adapter-host-recipient"
              : "--adapter-host-recipient goes with mode he only");
    }
    PackRequest request =
        new PackRequest(
            peft,
            base,
            binding,
            name,
            version,
            mode,
            keys(recipients),
            keys(hosts),
            Optional.ofNullable(expiresDays).map(Duration::ofDays),
            policy(),
            probes,
            Optional.ofNullable(license),
            annotations == null ? Map.of() : annotations);
    Manifest manifest;
    InstantSource clock = InstantSource.system();
    try (SigningKey key = passphrases.signingKey(signingKey)) {
      manifest =
          new AdapterPacker(clock, new SecureRandom(), cache.digests(clock))
              .pack(request, key, out);
    }
    String digest = HexFormat.of().formatHex(Digests.sha256(ManifestWriter.write(manifest)));
    spec.commandLine()
        .getOut()
        .println(
            json
                ? JsonNodeFactory.instance
                    .objectNode()
                    .put("file", out.toString())
                    .put("name", manifest.name())
                    .put("version", manifest.version())
                    .put("package_id", manifest.packageId())
                    .put("digest", digest)
                    .toString()
                : out
                    + ": "
                    + manifest.name()
                    + " version "
                    + manifest.version()
                    + ", package "
                    + manifest.packageId()
                    + ", digest "
                    + digest);
    return 0;
  }

  private Policy policy() {
    return new Policy(
        tenants == null ? List.of() : tenants,
        tokensPerDay == null ? OptionalLong.empty() : OptionalLong.of(tokensPerDay),
        tokensTotal == null ? OptionalLong.empty() : OptionalLong.of(tokensTotal),
        attestation,
        separateHost,
        Optional.ofNullable(speculation));
  }

  private static List<RecipientPublicKey> keys(List<Path> files) {
    return files.stream().map(PublicKeyFile::readRecipient).toList();
  }
}
