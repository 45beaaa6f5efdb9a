package dev.tensafe.tssp.pack;

import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of a package.
 *
 * @param peft directory of the adapter
 * @param base directory of the model it was trained on
 * @param baseModel which models it is bound to
 * @param name of the adapter
 * @param version of this release, 0 … 2^53-1
 * @param recipients model hosts, who open {@code weights} or {@code public}
 * @param adapterHosts who open {@code sealed}; needed in mode he, and only there
 * @param lifetime until the package expires; absent for never
 * @param probes known-answer vectors in mode he, 1 … 256
 */
public record PackRequest(
    Path peft,
    Path base,
    Binding baseModel,
    String name,
    long version,
    Mode mode,
    List<RecipientPublicKey> recipients,
    List<RecipientPublicKey> adapterHosts,
    Optional<Duration> lifetime,
    Policy policy,
    int probes,
    Optional<String> license,
    Map<String, String> annotations) {
  public static final int DEFAULT_PROBES = 16;

  public PackRequest {
    recipients = List.copyOf(recipients);
    adapterHosts = List.copyOf(adapterHosts);
    annotations = Map.copyOf(annotations);
  }

  /** The models that a package is bound to. */
  public enum Binding {
    /** Configuration and weights must be the same. */
    WEIGHTS,
    /** Any weights of the same configuration. */
    CONFIG,
    /** Any model that has the projections. */
    ANY;

    BaseModelBinding of(String id, String configSha256, String weightsSha256) {
      return new BaseModelBinding(
          id,
          Optional.of(configSha256).filter(d -> this != ANY),
          Optional.of(weightsSha256).filter(d -> this == WEIGHTS));
    }
  }
}
