package dev.tensafe.lora.registry;

/**
 * Hears of a load that somebody waits for; only of one that had not begun when the waiting did.
 * Called on the thread that loads, in the order of the methods; must return at once.
 */
public interface LoadWatch {
  /** Hears nothing. */
  LoadWatch NONE =
      new LoadWatch() {
        @Override
        public void verifying(String digest) {}

        @Override
        public void verified() {}

        @Override
        public void refused(String code) {}
      };

  /**
   * The stored package is being verified.
   *
   * @param digest that it is to have
   */
  void verifying(String digest);

  /** It is what it should be; its weights are read. */
  void verified();

  /**
   * It is not, and there will be no weights.
   *
   * @param code of the check that failed
   */
  void refused(String code);
}
