package dev.tensafe.tssp.verify;

import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.PolicyField;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Who verifies, and for what.
 *
 * @param base the model the adapter is to run on; absent if that is not asked
 * @param readers recipient keys of the reader: a part addressed to one of them must be there
 * @param enforced the conditions the reader will enforce; a package that sets another is refused
 */
public record VerifyRequest(
    Optional<BaseModel> base, Set<KeyId> readers, Set<PolicyField> enforced) {
  /** What a model host enforces, with its adapter host, of all conditions there are. */
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
