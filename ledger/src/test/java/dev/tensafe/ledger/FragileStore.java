package dev.tensafe.ledger;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** A store in memory that fails when it is told to, before or after it has replaced the counts. */
final class FragileStore implements LedgerStore {
  enum Failure {
    NONE,
    BEFORE,
    AFTER
  }

  private Map<LedgerAccount, Long> counts = new TreeMap<>();
  Failure failure = Failure.NONE;
  int writes;
  int closed;

  FragileStore() {}

  FragileStore(Map<LedgerAccount, Long> counts) {
    this.counts = new TreeMap<>(counts);
  }

  @Override
  public void write(Map<LedgerAccount, Long> latest) throws IOException {
    writes++;
    if (failure != Failure.BEFORE) {
      counts = new TreeMap<>(latest);
    }
    if (failure != Failure.NONE) {
      throw new IOException("No space left on device");
    }
  }

  /** What a process that opens it after a crash would find. */
  Map<LedgerAccount, Long> counts() {
    return new TreeMap<>(counts);
  }

  long recorded(LedgerAccount account) {
    return counts.getOrDefault(account, 0L);
  }

  @Override
  public void close() {
    closed++;
  }
}
