package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.util.function.Function;

/** The right to use several handles in one call. */
final class Leases implements AutoCloseable {
  private final NativeHandle.Lease[] leases;
  private int open;

  private Leases(int count) {
    leases = new NativeHandle.Lease[count];
  }

  static <T> Leases of(T[] handles, Function<T, NativeHandle.Lease> use) {
    Leases leases = new Leases(handles.length);
    try {
      for (T handle : handles) {
        leases.leases[leases.open] = use.apply(handle);
        leases.open++;
      }
    } catch (IllegalStateException e) {
      leases.close();
      throw e;
    }
    return leases;
  }

  long[] addresses() {
    long[] addresses = new long[open];
    for (int i = 0; i < open; i++) {
      addresses[i] = leases[i].address();
    }
    return addresses;
  }

  /** Tokens of {@code runs} runs; at least one of each. */
  static int tokens(int runs, int[] first, int[] count) {
    boolean fits = runs > 0 && first.length == runs && count.length == runs;
    long all = 0;
    for (int i = 0; fits && i < runs; i++) {
      fits = count[i] > 0 && first[i] >= 0;
      all += count[i];
    }
    if (!fits || all > Integer.MAX_VALUE) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT, "pads: runs without positions or tokens");
    }
    return (int) all;
  }

  @Override
  public void close() {
    for (int i = 0; i < open; i++) {
      leases[i].close();
    }
  }
}
