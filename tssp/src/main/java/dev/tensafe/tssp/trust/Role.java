package dev.tensafe.tssp.trust;

import java.util.Locale;

/** What a trusted key may sign as. */
public enum Role {
  /** Owner of packages: signs first. */
  ISSUER,
  /** Signs packages of others, after them. */
  REVIEWER;

  /** As it stands in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
