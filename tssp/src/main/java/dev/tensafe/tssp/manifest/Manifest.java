package dev.tensafe.tssp.manifest;

import dev.tensafe.tssp.keys.KeyId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A package's statements about itself. Only its signatures make them trustworthy.
 *
 * @param packageId 32 hexadecimal digits, random
 * @param name of the adapter
 * @param version grows with every release of the name by its issuer
 * @param issuer key id of the owner, who signs first
 * @param expires absent for never
 * @param parts those of {@link Mode#parts}, in that order
 * @param probes known-answer vectors per module; present in mode he
 * @param annotations free texts
 */
public record Manifest(
    String packageId,
    String name,
    long version,
    KeyId issuer,
    Instant created,
    Optional<Instant> expires,
    BaseModelBinding baseModel,
    AdapterDescription adapter,
    Mode mode,
    List<Part> parts,
    Policy policy,
    OptionalInt probes,
    Optional<String> license,
    Map<String, String> annotations) {
  /** Longest canonical form, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  public Manifest {
    parts = List.copyOf(parts);
    annotations = Map.copyOf(annotations);
  }

  /** The part of a kind, if the mode has it. */
  public Optional<Part> part(PartKind kind) {
    return parts.stream().filter(p -> p.kind() == kind).findFirst();
  }
}
