package dev.tensafe.tssp.manifest;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The owner's conditions.
 *
 * @param allowedTenants empty for everyone
 * @param maxTokensPerTenantPerDay tokens, at least 1; absent for no limit
 * @param maxTokensTotal tokens, at least 1; absent for no limit
 * @param speculation what the owner says of guesses; absent if nothing, see {@link #allowsGuesses}
 */
public record Policy(
    List<String> allowedTenants,
    OptionalLong maxTokensPerTenantPerDay,
    OptionalLong maxTokensTotal,
    boolean requiresAttestation,
    boolean requiresSeparateAdapterHost,
    Optional<GuessPolicy> speculation) {
  /** No conditions. */
  public static final Policy NONE =
      new Policy(List.of(), OptionalLong.empty(), OptionalLong.empty(), false, false);

  /** Conditions that say nothing of guesses. */
  public Policy(
      List<String> allowedTenants,
      OptionalLong maxTokensPerTenantPerDay,
      OptionalLong maxTokensTotal,
      boolean requiresAttestation,
      boolean requiresSeparateAdapterHost) {
    this(
        allowedTenants,
        maxTokensPerTenantPerDay,
        maxTokensTotal,
        requiresAttestation,
        requiresSeparateAdapterHost,
        Optional.empty());
  }

  public Policy {
    allowedTenants = List.copyOf(allowedTenants);
  }

  /**
   * Whether guesses may be evaluated with an adapter. Where its owner does not say, they may,
   * unless the adapter host counts them against a total: nobody pays for guesses who did not agree
   * to.
   */
  public boolean allowsGuesses(Mode mode) {
    return speculation.isPresent()
        ? speculation.get() == GuessPolicy.ALLOW
        : mode != Mode.HE || maxTokensTotal.isEmpty();
  }

  /** The fields somebody has to enforce. */
  public Set<PolicyField> conditions() {
    Set<PolicyField> set = EnumSet.noneOf(PolicyField.class);
    if (!allowedTenants.isEmpty()) {
      set.add(PolicyField.ALLOWED_TENANTS);
    }
    if (maxTokensPerTenantPerDay.isPresent()) {
      set.add(PolicyField.MAX_TOKENS_PER_TENANT_PER_DAY);
    }
    if (maxTokensTotal.isPresent()) {
      set.add(PolicyField.MAX_TOKENS_TOTAL);
    }
    if (requiresAttestation) {
      set.add(PolicyField.REQUIRES_ATTESTATION);
    }
    if (requiresSeparateAdapterHost) {
      set.add(PolicyField.REQUIRES_SEPARATE_ADAPTER_HOST);
    }
    if (speculation.filter(GuessPolicy.FORBID::equals).isPresent()) {
      set.add(PolicyField.SPECULATION);
    }
    return set;
  }
}
