package dev.tensafe.tssp.trust;

import dev.tensafe.tssp.keys.SigningPublicKey;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A pinned signing key and what it is trusted with.
 *
 * @param name the operator's name for its holder
 * @param adapterPrefixes names an issuer's adapters may begin with; empty for any
 * @param validFrom when the trust begins; absent for always
 * @param validUntil when it ends, exclusive; absent for never
 * @param requiredReviews reviewers that must sign an issuer's packages too
 */
public record TrustedKey(
    String name,
    SigningPublicKey key,
    Set<Role> roles,
    List<String> adapterPrefixes,
    Optional<Instant> validFrom,
    Optional<Instant> validUntil,
    int requiredReviews) {
  public TrustedKey {
    roles = Set.copyOf(roles);
    adapterPrefixes = List.copyOf(adapterPrefixes);
  }

  /** Whether the key is trusted at that time. */
  public boolean isValidAt(Instant time) {
    return validFrom.map(from -> !time.isBefore(from)).orElse(true)
        && validUntil.map(time::isBefore).orElse(true);
  }

  /** Whether an issuer's adapter may have this name. */
  public boolean mayName(String adapter) {
    return adapterPrefixes.isEmpty() || adapterPrefixes.stream().anyMatch(adapter::startsWith);
  }
}
