package dev.tensafe.tssp.trust;

import java.util.Locale;

/** The role in which a trusted key may sign. */
public enum Role {
  /** Owner of packages: signs first. */
  ISSUER,
  /** Signs packages of others, after them. */
  REVIEWER;

  /** The name in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
