package dev.tensafe.ledger;

import java.io.IOException;
import java.util.Map;

/** Where the counts of a {@link TokenLedger} are kept. Used by one thread at a time. */
interface LedgerStore {
  /** Keeps nothing: for a ledger that lives as long as its process. */
  LedgerStore NONE =
      new LedgerStore() {
        @Override
        public void write(Map<LedgerAccount, Long> counts) {}

        @Override
        public void close() {}
      };

  /**
   * Replaces what was kept, all or nothing; it is durable when this returns.
   *
   * @param counts tokens by account
   * @throws IOException if it may not have been replaced; then either the counts before or these
   *     are kept
   */
  void write(Map<LedgerAccount, Long> counts) throws IOException;

  /** Lets another process have it; a second time does nothing. */
  void close();
}
