package dev.tensafe.he;

import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.SecretKind;
import java.util.Locale;

/** Parameter sets of a session; docs/CKKS.md, "Ring and parameters". */
public enum Profile {
  /** N = 2048: the default. */
  FAST(1, CkksParameters.FAST, SecretKind.UNIFORM),
  /** N = 4096: answers are flooded statistically. */
  STRICT(2, CkksParameters.STRICT, SecretKind.TERNARY);

  private final int id;

  @SuppressWarnings("ImmutableEnumChecker") // a record of numbers and a list that is copied
  private final CkksParameters parameters;

  private final SecretKind laneSecrets;

  Profile(int id, CkksParameters parameters, SecretKind laneSecrets) {
    this.id = id;
    this.parameters = parameters;
    this.laneSecrets = laneSecrets;
  }

  /** The number in a hello. */
  public int id() {
    return id;
  }

  public CkksParameters parameters() {
    return parameters;
  }

  /** How the secrets of lanes are distributed. */
  public SecretKind laneSecrets() {
    return laneSecrets;
  }

  /** {@code fast} or {@code strict}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws HeException {@code he.protocol} for an unknown one
   */
  public static Profile of(int id) {
    for (Profile profile : values()) {
      if (profile.id == id) {
        return profile;
      }
    }
    throw new HeException(HeException.Reason.PROTOCOL, "there is no profile " + id);
  }
}
