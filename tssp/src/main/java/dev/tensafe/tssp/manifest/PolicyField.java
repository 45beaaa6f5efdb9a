package dev.tensafe.tssp.manifest;

import java.util.Locale;

/** The conditions an owner may set; docs/TSSP.md says who enforces which. */
public enum PolicyField {
  /** Only these tenants may use the adapter; enforced by the model host. */
  ALLOWED_TENANTS,
  /** Tokens one tenant may have computed in a day (UTC); enforced by the model host. */
  MAX_TOKENS_PER_TENANT_PER_DAY,
  /** Tokens all tenants together may have computed; enforced by whoever computes the deltas. */
  MAX_TOKENS_TOTAL,
  /** The model host must be attested; nobody can enforce this today. */
  REQUIRES_ATTESTATION,
  /** The adapter host must be another process than the model host; enforced by the model host. */
  REQUIRES_SEPARATE_ADAPTER_HOST,
  /** Whether guesses at coming tokens may be evaluated; enforced by the model host. */
  SPECULATION;

  /** The name in the manifest. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
