package dev.tensafe.runtime.settings;

import dev.tensafe.runtime.ConfigException;

/** Checks that settings of several programs share. */
public final class Setting {
  private Setting() {}

  /**
   * Fails with an error that names the key unless {@code min ≤ value ≤ max}.
   *
   * @throws ConfigException {@code config.<key>}
   */
  public static void range(String key, long value, long min, long max) {
    if (value < min || value > max) {
      throw new ConfigException(
          "config." + key, key + " is " + value + "; it must be from " + min + " to " + max);
    }
  }
}
