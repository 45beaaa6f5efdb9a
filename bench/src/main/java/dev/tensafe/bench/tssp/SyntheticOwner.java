package dev.tensafe.bench.tssp;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.AdapterPacker;
import dev.tensafe.tssp.pack.PackRequest;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tssp.verify.DigestCache;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An owner with keys, a base model and a random adapter of a given size, in files. The base model
 * has small weights and the adapter large ranks, so that the size is the adapter's.
 */
final class SyntheticOwner implements AutoCloseable {
  private static final int MIB = 1 << 20;

  final SigningKey key = SigningKey.generate(new SecureRandom());
  final RecipientKey modelHost = RecipientKey.generate(new SecureRandom());
  final RecipientKey adapterHost = RecipientKey.generate(new SecureRandom());
  final Path trust;
  final Path base;
  final Path peft;
  final DigestCache digests;

  /**
   * @param width of every projection, rows and columns
   * @param mib size of the adapter
   */
  SyntheticOwner(Path directory, int width, int rank, int mib) throws IOException {
    trust = directory.resolve("trust");
    base = directory.resolve("base");
    peft = directory.resolve("peft");
    // A clock ahead: files written just now count as settled, since nobody writes them again.
    InstantSource later = InstantSource.offset(InstantSource.system(), Duration.ofMinutes(1));
    digests = DigestCache.in(directory.resolve("cache"), later);
    long moduleBytes = 2L * width * rank * Float.BYTES;
    writeBase((int) Math.max(1, (long) mib * MIB / moduleBytes), width);
    try (Checkpoint checkpoint = Checkpoint.open(base)) {
      SyntheticAdapter.write(
          peft, BaseProjections.of(checkpoint), List.of("q_proj"), rank, DType.F32, 1);
    }
    new TrustDirectory(trust)
        .add(
            new TrustedKey(
                "owner",
                key.publicKey(),
                Set.of(Role.ISSUER),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                0));
  }

  private void writeBase(int layers, int width) throws IOException {
    Files.createDirectories(base);
    Files.writeString(base.resolve("config.json"), "{}");
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    float[] norm = new float[width];
    Arrays.fill(norm, 1);
    ByteBuffer zeros = ByteBuffer.allocate(width * width * 2);
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "model.layers." + layer;
      entries.add(
          SafetensorsWriter.Entry.ofFloats(
              prefix + ".input_layernorm.weight", List.of((long) width), norm));
      entries.add(
          new SafetensorsWriter.Entry(
              prefix + ".self_attn.q_proj.weight",
              DType.BF16,
              List.of((long) width, (long) width),
              out -> {
                ByteBuffer bytes = zeros.duplicate();
                while (bytes.hasRemaining()) {
                  out.write(bytes);
                }
              }));
    }
    SafetensorsWriter.write(base.resolve("model.safetensors"), Map.of(), entries);
  }

  void pack(Mode mode, Path target) {
    new AdapterPacker(InstantSource.system(), new SecureRandom(), digests)
        .pack(
            new PackRequest(
                peft,
                base,
                PackRequest.Binding.WEIGHTS,
                "bench",
                1,
                mode,
                List.of(modelHost.publicKey()),
                mode == Mode.HE ? List.of(adapterHost.publicKey()) : List.of(),
                Optional.empty(),
                Policy.NONE,
                PackRequest.DEFAULT_PROBES,
                Optional.empty(),
                Map.of()),
            key,
            target);
  }

  @Override
  public void close() {
    key.close();
    modelHost.close();
    adapterHost.close();
  }
}
