package dev.tensafe.nativelib.ckks;

/**
 * CPU seconds of one batch by stage, both parties on one core.
 *
 * @param refill encryptions of zero for every answer, into the pool
 * @param encrypt the model host's message
 * @param receive reading it
 * @param evaluate products, re-randomised from the pool, and the answers' message
 * @param decrypt reading that
 */
public record ProductTimes(
    double refill, double encrypt, double receive, double evaluate, double decrypt) {
  /** With the pool filled ahead. */
  public double fromPool() {
    return encrypt + receive + evaluate + decrypt;
  }

  /** With the refill of what was taken. */
  public double allIn() {
    return fromPool() + refill;
  }
}
