package dev.tensafe.server;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.tssp.checkpoint.CheckpointHead;
import dev.tensafe.tssp.checkpoint.CheckpointHead.Lora;
import dev.tensafe.tssp.checkpoint.CheckpointHead.Rule;
import dev.tensafe.tssp.checkpoint.CheckpointPacker;
import dev.tensafe.tssp.checkpoint.CheckpointRequest;
import dev.tensafe.tssp.checkpoint.CheckpointTensor;
import dev.tensafe.tssp.content.WeightsPart;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.AdapterPacker;
import dev.tensafe.tssp.pack.PackRequest;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tssp.verify.BaseModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Somebody who packs and signs adapters for a base model, and a host that trusts them. */
final class AdapterOwner {
  final Path directory;
  final Path base;
  final Path trust;
  final SigningKey key = SigningKey.generate(new SecureRandom());
  final RecipientKey modelHost = RecipientKey.generate(new SecureRandom());
  RecipientKey adapterHost = RecipientKey.generate(new SecureRandom());
  private int files;

  AdapterOwner(Path directory, Path base) {
    this.directory = directory;
    this.base = base;
    this.trust = directory.resolve("trust");
    trust(key, "owner", List.of());
  }

  void trust(SigningKey other, String name, List<String> prefixes) {
    new TrustDirectory(trust)
        .add(
            new TrustedKey(
                name,
                other.publicKey(),
                Set.of(Role.ISSUER),
                prefixes,
                Optional.empty(),
                Optional.empty(),
                0));
  }

  /**
   * A PEFT directory of random weights, rank 4 on q, v and down, large enough to change every
   * answer.
   */
  Path peft(long seed) throws IOException {
    Path peft = directory.resolve("peft-" + seed);
    if (Files.exists(peft)) {
      return peft;
    }
    try (Checkpoint checkpoint = Checkpoint.open(base)) {
      SyntheticAdapter.write(
          peft,
          BaseProjections.of(checkpoint),
          List.of("q_proj", "v_proj", "down_proj"),
          4,
          DType.F32,
          seed);
    }
    Path config = peft.resolve("adapter_config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"lora_alpha\" : 8", "\"lora_alpha\" : 8000"));
    return peft;
  }

  Path pack(String name, long version, Path peft) {
    return pack(name, version, peft, base, Mode.PLAIN, Policy.NONE, key, InstantSource.system());
  }

  /** From now on the model host is the adapter host, too. */
  void embedBoth() {
    adapterHost = modelHost;
  }

  /** Mode he, its sealed part for the adapter host's key. */
  Path packEncrypted(String name, long version, Path peft) {
    return pack(name, version, peft, base, Mode.HE, Policy.NONE, key, InstantSource.system());
  }

  /** The state of a training of an adapter of that shape, to the model host. */
  Path checkpoint(String name, Path peft) {
    Path file = directory.resolve(name + "-" + files++ + ".tssp");
    try (Checkpoint checkpoint = Checkpoint.open(base);
        PeftDirectory adapter = PeftDirectory.open(peft, BaseProjections.of(checkpoint))) {
      AdapterDescription description = WeightsPart.describe(adapter.adapter());
      Rule none = new Rule("none", Map.of());
      Lora lora =
          new Lora(
              description.rank(), description.alpha(), description.rslora(), 0, Set.of("q_proj"));
      BaseModel model = BaseModel.of(base);
      new CheckpointPacker(InstantSource.system(), new SecureRandom())
          .pack(
              new CheckpointRequest(
                  name,
                  1,
                  new BaseModelBinding(
                      "base",
                      Optional.of(model.configSha256()),
                      Optional.of(model.weightsSha256())),
                  description,
                  List.of(modelHost.publicKey()),
                  Optional.empty(),
                  new CheckpointHead(
                      0,
                      none,
                      none,
                      lora,
                      Optional.empty(),
                      Optional.empty(),
                      Map.of(),
                      Map.of(),
                      Map.of()),
                  List.of(new CheckpointTensor("a", List.of(1L), () -> new float[1]))),
              key,
              file);
    }
    return file;
  }

  Path pack(
      String name,
      long version,
      Path peft,
      Path model,
      Mode mode,
      Policy policy,
      SigningKey signer,
      InstantSource clock) {
    Path file = directory.resolve(name + "-" + version + "-" + files++ + ".tssp");
    PackRequest request =
        new PackRequest(
            peft,
            model,
            PackRequest.Binding.WEIGHTS,
            name,
            version,
            mode,
            List.of(modelHost.publicKey()),
            mode == Mode.HE ? List.of(adapterHost.publicKey()) : List.of(),
            Optional.of(Duration.ofDays(30)),
            policy,
            2,
            Optional.empty(),
            Map.of());
    new AdapterPacker(clock, new SecureRandom()).pack(request, signer, file);
    return file;
  }
}
