package dev.tensafe.owner.packages;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.SeenVersionsFile;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tssp.verify.BaseModel;
import dev.tensafe.tssp.verify.PackageVerifier;
import dev.tensafe.tssp.verify.VerifiedPackage;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tensafe verify}. */
@Command(
    name = "verify",
    description = "Checks everything about a package that can be checked without a private key.",
    mixinStandardHelpOptions = true)
public final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "the package")
  private Path path = Path.of("");

  @Option(names = "--trust", required = true, paramLabel = "DIR", description = "pinned issuers")
  private Path trust = Path.of("");

  @Option(
      names = "--base",
      paramLabel = "DIR",
      description = "the model it is to run on; not checked if not given")
  private @Nullable Path base;

  @Option(
      names = "--adapters",
      paramLabel = "DIR",
      description = "a registry, whose record of versions is read")
  private @Nullable Path adapters;

  @Option(
      names = "--reader",
      paramLabel = "PUB",
      description = "a recipient key of the reader: what is addressed to it must not be withheld")
  private @Nullable List<Path> readers;

  @Mixin private CacheOptions cache = new CacheOptions();

  @Option(names = "--json", description = "as JSON")
  private boolean json;

  @Override
  public Integer call() {
    LogSetup.apply(false, Level.INFO);
    InstantSource clock = InstantSource.system();
    SeenVersions versions =
        adapters == null ? SeenVersions.none() : SeenVersionsFile.open(adapters);
    Set<KeyId> readerIds = new HashSet<>();
    if (readers != null) {
      readers.forEach(file -> readerIds.add(PublicKeyFile.readRecipient(file).id()));
    }
    PackageVerifier verifier = new PackageVerifier(TrustStore.open(trust), versions, clock);
    try (PackageFile file = PackageFile.open(path)) {
      VerifiedPackage verified =
          verifier.verify(
              file,
              new VerifyRequest(
                  Optional.ofNullable(base).map(b -> BaseModel.of(b, cache.digests(clock))),
                  readerIds,
                  VerifyRequest.ENFORCEABLE));
      print(new PackageReport(file), verified);
    }
    return 0;
  }

  private void print(PackageReport report, VerifiedPackage verified) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode node = report.json();
      node.put("verified", true).put("base_model_checked", base != null);
      node.put("versions_checked", adapters != null);
      out.println(node.toPrettyString());
      return;
    }
    out.println(
        "verified: signed by "
            + verified.signers().stream().map(TrustedKey::name).collect(Collectors.joining(", "))
            + (base == null ? "; base model not checked, give --base" : "; base model matches"));
    report.print(out);
  }
}
