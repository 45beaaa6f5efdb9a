package dev.tensafe.bench.cli;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.AdapterPacker;
import dev.tensafe.tssp.pack.PackRequest;
import dev.tensafe.tssp.verify.DigestCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench make-packages}: many adapters, packed. */
@Command(
    name = "make-packages",
    description =
        "Packs adapters PREFIX1, PREFIX2, … with random weights for a model, for speed only.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class MakePackagesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--base", required = true, paramLabel = "DIR", description = "the model")
  private Path base = Path.of("");

  @Option(names = "--prefix", required = true, description = "of the adapters' names")
  private String prefix = "";

  @Option(names = "--count", required = true, description = "how many")
  private int count;

  @Option(names = "--mode", defaultValue = "PLAIN", description = "plain or he")
  private Mode mode = Mode.PLAIN;

  @Option(
      names = "--targets",
      split = ",",
      defaultValue = "q_proj,v_proj",
      description = "projections, by the endings of their names")
  private List<String> targets = List.of();

  @Option(names = "--rank", defaultValue = "16", description = "of every module")
  private int rank;

  @Option(
      names = "--signing-key",
      required = true,
      paramLabel = "FILE",
      description = "the owner's, without a passphrase")
  private Path signingKey = Path.of("");

  @Option(
      names = "--recipient",
      required = true,
      paramLabel = "PUB",
      description = "the model host")
  private Path recipient = Path.of("");

  @Option(
      names = "--adapter-host-recipient",
      paramLabel = "PUB",
      description = "the adapter host, in mode he; the model host, which embeds it, if not given")
  private @Nullable Path adapterHost;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "new directory")
  private Path directory = Path.of("");

  @Override
  public Integer call() {
    if (count < 1 || rank < 1) {
      throw new ParameterException(spec.commandLine(), "--count and --rank are at least 1");
    }
    InstantSource clock = InstantSource.system();
    RecipientPublicKey host = PublicKeyFile.readRecipient(recipient);
    Path computing = adapterHost;
    RecipientPublicKey sealed = computing == null ? host : PublicKeyFile.readRecipient(computing);
    try (SigningKey key = PrivateKeyFile.readSigning(signingKey, null)) {
      Files.createDirectories(directory);
      Path peft = directory.resolve("peft");
      try (Checkpoint checkpoint = Checkpoint.open(base)) {
        SyntheticAdapter.write(peft, BaseProjections.of(checkpoint), targets, rank, DType.F32, 1);
      }
      AdapterPacker packer =
          new AdapterPacker(
              clock, new SecureRandom(), DigestCache.in(directory.resolve("cache"), clock));
      for (int i = 1; i <= count; i++) {
        packer.pack(
            new PackRequest(
                peft,
                base,
                PackRequest.Binding.WEIGHTS,
                prefix + i,
                1,
                mode,
                List.of(host),
                mode == Mode.HE ? List.of(sealed) : List.of(),
                Optional.empty(),
                Policy.NONE,
                PackRequest.DEFAULT_PROBES,
                Optional.empty(),
                Map.of()),
            key,
            directory.resolve(prefix + i + ".tssp"));
      }
    } catch (IOException e) {
      throw new ConfigException("bench.make_packages", "cannot write " + directory + ": " + e, e);
    }
    spec.commandLine().getOut().println(directory);
    return 0;
  }
}
