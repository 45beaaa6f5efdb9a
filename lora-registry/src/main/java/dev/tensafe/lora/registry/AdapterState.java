package dev.tensafe.lora.registry;

import java.util.Locale;

/** The state of a registered adapter. */
public enum AdapterState {
  /** Verified and on disk, encrypted; loaded when it is asked for. */
  STORED,
  /** On its way into memory. */
  LOADING,
  /** In memory. */
  RESIDENT,
  /** Replaced or removed, and still used by requests that began before. */
  DRAINING,
  /** Registered, but not to be used: expired, revoked or damaged. */
  UNAVAILABLE;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
