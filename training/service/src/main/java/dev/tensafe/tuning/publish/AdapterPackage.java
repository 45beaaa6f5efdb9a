package dev.tensafe.tuning.publish;

import dev.tensafe.formats.peft.PeftAdapter;
import dev.tensafe.formats.peft.PeftConfig;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.training.out.AdapterWriter;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.tssp.content.WeightsPart;
import dev.tensafe.tssp.file.PackageWriter;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.verify.BaseModel;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Makes signed, encrypted adapter packages of weights in memory, which touch no file unencrypted:
 * the same packages as {@code tensafe pack} makes of a directory. Used by one thread.
 */
public final class AdapterPackage {
  private final BaseModel base;
  private final String baseName;
  private final SigningKey key;
  private final SecureRandom random;
  private final InstantSource clock;

  /**
   * @param baseName what the package calls the model it is bound to
   * @param key signs; not closed here
   */
  public AdapterPackage(
      BaseModel base, String baseName, SigningKey key, SecureRandom random, InstantSource clock) {
    this.base = base;
    this.baseName = baseName;
    this.key = key;
    this.random = random;
    this.clock = clock;
  }

  /**
   * What is packed.
   *
   * @param name of the adapter
   * @param shapes of the tensors by PEFT's names, in order
   * @param values of each, row-major
   * @param tenants that may use it; empty for all
   */
  public record Content(
      String name,
      long version,
      LoraSpec spec,
      Map<String, List<Long>> shapes,
      Function<String, float[]> values,
      List<RecipientPublicKey> recipients,
      List<String> tenants,
      Optional<Duration> lifetime) {}

  /**
   * Writes a package.
   *
   * @return its manifest as signed
   * @throws TuningException {@code tuning.not_finite}
   * @throws dev.tensafe.tssp.TsspException {@code tssp.io}
   */
  public Manifest write(Content content, Path target) {
    byte[] config = AdapterWriter.config(baseName, content.spec());
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    long at = 0;
    for (Map.Entry<String, List<Long>> tensor : content.shapes().entrySet()) {
      String name = tensor.getKey();
      List<Long> shape = tensor.getValue();
      long bytes = shape.stream().reduce((long) Float.BYTES, Math::multiplyExact);
      tensors.put(name, new TensorInfo(name, DType.F32, shape, at, at + bytes));
      at += bytes;
      entries.add(
          SafetensorsWriter.Entry.ofFloats(
              name, shape, () -> finite(name, content.values().apply(name))));
    }
    PeftAdapter adapter =
        PeftAdapter.resolve(PeftConfig.parse(config), tensors, base.projections());
    byte[] prefix = WeightsPart.prefix(config);
    Map<String, String> metadata = Map.of("format", "pt");
    PackageWriter.Source source =
        new PackageWriter.Source(
            PartKind.WEIGHTS,
            prefix.length + length(metadata, entries),
            content.recipients(),
            out -> {
              out.write(prefix);
              SafetensorsWriter.write(Channels.newChannel(out), metadata, entries);
            });
    byte[] id = new byte[16];
    random.nextBytes(id);
    Instant created = Instant.ofEpochSecond(clock.instant().getEpochSecond());
    return PackageWriter.write(
        target,
        id,
        parts ->
            new Manifest(
                HexFormat.of().formatHex(id),
                content.name(),
                content.version(),
                key.publicKey().id(),
                created,
                content.lifetime().map(created::plus),
                new BaseModelBinding(
                    baseName, Optional.of(base.configSha256()), Optional.of(base.weightsSha256())),
                WeightsPart.describe(adapter),
                Mode.PLAIN,
                parts,
                new Policy(
                    content.tenants(), OptionalLong.empty(), OptionalLong.empty(), false, false),
                OptionalInt.empty(),
                Optional.empty(),
                Map.of()),
        List.of(source),
        key,
        random);
  }

  private static long length(Map<String, String> metadata, List<SafetensorsWriter.Entry> entries) {
    try {
      return SafetensorsWriter.length(metadata, entries);
    } catch (IOException e) {
      throw new IllegalStateException("a header of names and shapes is written", e);
    }
  }

  private static float[] finite(String name, float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new TuningException(
            Kind.FAILED, "tuning.not_finite", name + " came to hold a NaN or an infinity");
      }
    }
    return values;
  }
}
