package dev.tensafe.he.client;

/** Listener for costs and failures of encrypted adapters. Called from the engine's thread. */
public interface HeListener {
  /** Ignores everything. */
  HeListener NONE =
      new HeListener() {
        @Override
        public void exchanged(Exchange exchange) {}

        @Override
        public void failed(String adapter, String code) {}

        @Override
        public void probed(String adapter, boolean passed) {}
      };

  /**
   * One message and its answer.
   *
   * @param adapter name
   * @param tokens rows, probes included
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

  /** A probe came back. */
  void probed(String adapter, boolean passed);
}
