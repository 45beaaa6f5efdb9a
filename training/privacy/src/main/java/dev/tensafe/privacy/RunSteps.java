package dev.tensafe.privacy;

import static java.util.Objects.requireNonNull;

/**
 * Steps of one run on a data set.
 *
 * @param run its name
 * @param event the private steps of one kind
 */
public record RunSteps(String run, SampledGaussian event) {
  public RunSteps {
    requireNonNull(run, "run is null");
    requireNonNull(event, "event is null");
  }
}
