package dev.tensafe.he.client;

/**
 * Listener for costs, checks and failures of encrypted adapters. The engine's thread calls all but
 * {@link #lanes}, which any thread may call.
 */
public interface HeListener {
  /** Ignores everything. */
  HeListener NONE =
      new HeListener() {
        @Override
        public void exchanged(Exchange exchange) {}

        @Override
        public void failed(String adapter, String code) {}

        @Override
        public void checked(String adapter, double[] z, int count) {}

        @Override
        public void distrusted(String adapter, String reason) {}

        @Override
        public void lanes(String adapter, LaneEvent event, int count) {}
      };

  /**
   * One message and its answer.
   *
   * @param adapter name
   * @param tokens rows
   * @param packing chosen for it: {@code TxS}, or {@code pads}
   * @param fill share of the packing's token places that are used, 0 to 1
   * @param encryptNanos quantising and encrypting
   * @param evaluateNanos as the adapter host says
   * @param wireNanos the rest of the time until the answer was there
   * @param waitNanos of them, what the forward pass had to wait
   * @param decryptNanos decrypting and checking
   */
  record Exchange(
      String adapter,
      int tokens,
      String packing,
      double fill,
      long encryptNanos,
      long evaluateNanos,
      long wireNanos,
      long waitNanos,
      long decryptNanos,
      long bytesUp,
      long bytesDown) {
    /** The time that it adds to the forward pass. */
    public long latencyNanos() {
      return encryptNanos + waitNanos + decryptNanos;
    }
  }

  void exchanged(Exchange exchange);

  /** The requests of an adapter in a step failed. */
  void failed(String adapter, String code);

  /**
   * The tag of a message's answers was checked, and they passed.
   *
   * @param z [count], deviations from what the tag says, in units of the honest deviation; may be
   *     overwritten afterwards
   */
  void checked(String adapter, double[] z, int count);

  /**
   * An adapter host is barred from an adapter.
   *
   * @param reason code of a {@link BarredHosts.Reason}
   */
  void distrusted(String adapter, String reason);

  /** Something became of keys that serve one sequence of an adapter each. */
  void lanes(String adapter, LaneEvent event, int count);

  /** What becomes of a lane. */
  enum LaneEvent {
    /** It is bound to the adapter, ahead of its use. */
    MADE,
    /** A sequence has it. */
    USED,
    /** It is wiped. */
    RETIRED
  }
}
