package dev.tensafe.lora.registry;

import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.Manifest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One accepted version of an adapter. Immutable: another version, or another package of the same
 * version, is another one.
 *
 * @param digest SHA-256 of the package's manifest, hexadecimal
 * @param accepted when it was registered
 * @param bytes of native memory it takes when resident
 */
public record AdapterInfo(Manifest manifest, String digest, Instant accepted, long bytes) {
  public String name() {
    return manifest.name();
  }

  public long version() {
    return manifest.version();
  }

  public KeyId issuer() {
    return manifest.issuer();
  }

  public Optional<Instant> expires() {
    return manifest.expires();
  }

  /** Tenants that may use it; empty for all. */
  public List<String> allowedTenants() {
    return manifest.policy().allowedTenants();
  }

  /** Whether its owner limits the tokens that may be computed with it. */
  public boolean budgeted() {
    return manifest.policy().maxTokensTotal().isPresent()
        || manifest.policy().maxTokensPerTenantPerDay().isPresent();
  }

  /** Whether guesses at coming tokens may be evaluated with it. */
  public boolean allowsGuesses() {
    return manifest.policy().allowsGuesses(manifest.mode());
  }

  @Override
  public String toString() {
    return "AdapterInfo[" + name() + " version " + version() + ", " + digest + "]";
  }
}
