package dev.tensafe.he.client;

import dev.tensafe.he.wire.Hello;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.MaskExpander;
import dev.tensafe.nativelib.ckks.PublicHalves;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The public random numbers that all keys of a session share: the masks of its ciphertexts, whose
 * ids are given out once, and the halves of its public keys. Thread-safe.
 */
final class SessionMasks implements AutoCloseable {
  private final MaskExpander expander;
  private final PublicHalves halves;
  private final AtomicLong next = new AtomicLong(1);

  private SessionMasks(MaskExpander expander, PublicHalves halves) {
    this.expander = expander;
    this.halves = halves;
  }

  static SessionMasks of(CkksContext context, SessionHandshake shaken) {
    MaskExpander expander = MaskExpander.of(shaken.client().maskSeed());
    try {
      byte[] seed = Hello.publicSeed(shaken.client(), shaken.host());
      return new SessionMasks(expander, PublicHalves.of(context, seed));
    } catch (RuntimeException e) {
      expander.close();
      throw e;
    }
  }

  MaskExpander expander() {
    return expander;
  }

  PublicHalves halves() {
    return halves;
  }

  /**
   * Ids that nobody had.
   *
   * @return the first; the others follow it
   */
  long ids(long count) {
    return next.getAndAdd(count);
  }

  @Override
  public void close() {
    expander.close();
    halves.close();
  }
}
