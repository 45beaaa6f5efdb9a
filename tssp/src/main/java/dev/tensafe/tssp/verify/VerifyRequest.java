package dev.tensafe.tssp.verify;

import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.PolicyField;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The settings of a verification.
 *
 * @param base the model the adapter is to run on; absent to leave it unchecked
 * @param readers recipient keys of the reader: a part addressed to one of them must be there
 * @param enforced the conditions the reader will enforce; a package that sets another is refused
 */
public record VerifyRequest(
    Optional<BaseModel> base, Set<KeyId> readers, Set<PolicyField> enforced) {
  /** The conditions that a model host enforces together with its adapter host. */
  public static final Set<PolicyField> ENFORCEABLE =
      Set.copyOf(EnumSet.complementOf(EnumSet.of(PolicyField.REQUIRES_ATTESTATION)));

  public VerifyRequest {
    readers = Set.copyOf(readers);
    enforced = Set.copyOf(enforced);
  }

  /** Everything but the base model and parts that are withheld. */
  public static VerifyRequest anyModel() {
    return new VerifyRequest(Optional.empty(), Set.of(), ENFORCEABLE);
  }
}
