package dev.tensafe.he.client;

/**
 * The rate at which steps carry a known-answer probe.
 *
 * @param oneIn of how many steps one has a probe; 0 for never
 * @param cover whether every other step carries a row of zeros in its place, so that the number of
 *     rows says nothing
 */
public record ProbeRate(int oneIn, boolean cover) {
  /** One step in 64, with cover rows in the others. */
  public static final ProbeRate STANDARD = new ProbeRate(64, true);

  /** No probes. */
  public static final ProbeRate NONE = new ProbeRate(0, false);

  public ProbeRate {
    if (oneIn < 0) {
      throw new IllegalArgumentException("a probe rate of 1/" + oneIn);
    }
  }
}
