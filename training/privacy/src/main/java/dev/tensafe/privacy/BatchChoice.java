package dev.tensafe.privacy;

/** Who says which examples are in a step: what sampling rate may be claimed depends on it. */
public enum BatchChoice {
  /** The server holds the data set, and draws each example by itself (Poisson). */
  SERVER_SAMPLED(
      "poisson",
      "the server holds the data set and draws every example of it independently, with this"
          + " probability, at every step, from a cryptographic generator"),
  /** The client sends the batches: nothing is known of how they were made. */
  CLIENT_CHOSEN(
      "chosen_by_client",
      "the client chooses the batches, so nothing is claimed for sampling: the rate is 1");

  private final String code;
  private final String why;

  BatchChoice(String code, String why) {
    this.code = code;
    this.why = why;
  }

  /** A name for reports. */
  public String code() {
    return code;
  }

  /** Why the rate is what it is, in a sentence. */
  public String why() {
    return why;
  }
}
