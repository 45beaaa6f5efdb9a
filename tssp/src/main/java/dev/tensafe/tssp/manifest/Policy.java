package dev.tensafe.tssp.manifest;

import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The owner's conditions.
 *
 * @param allowedTenants empty for everyone
 * @param maxTokensPerTenantPerDay tokens, at least 1; absent for no limit
 * @param maxTokensTotal tokens, at least 1; absent for no limit
 */
public record Policy(
    List<String> allowedTenants,
    OptionalLong maxTokensPerTenantPerDay,
    OptionalLong maxTokensTotal,
    boolean requiresAttestation,
    boolean requiresSeparateAdapterHost) {
  /** No conditions. */
  public static final Policy NONE =
      new Policy(List.of(), OptionalLong.empty(), OptionalLong.empty(), false, false);

  public Policy {
    allowedTenants = List.copyOf(allowedTenants);
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
    return set;
  }
}
