package dev.tensafe.privacy;

import static java.util.Objects.requireNonNull;

/**
 * Steps of one run on a data set that nothing protects.
 *
 * @param run its name
 * @param why such as {@code seeded}
 * @param steps at least 1
 */
public record OpenSteps(String run, String why, long steps) {
  public OpenSteps {
    requireNonNull(run, "run is null");
    requireNonNull(why, "why is null");
  }
}
