package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.SecretKey;

/** The key of one lane: for one sequence, and then for nobody. Wiped when closed. Thread-safe. */
final class LaneKey implements AutoCloseable {
  private final long lane;
  private final SecretKey secret;
  private final long made = System.nanoTime();

  /**
   * @param lane its number in the session, from 1
   */
  LaneKey(long lane, SecretKey secret) {
    this.lane = lane;
    this.secret = secret;
  }

  long lane() {
    return lane;
  }

  /** When it was made, by the system's ticker. */
  long made() {
    return made;
  }

  SecretKey secret() {
    return secret;
  }

  @Override
  public void close() {
    secret.close();
  }

  @Override
  public String toString() {
    return "LaneKey[" + lane + "]";
  }
}
