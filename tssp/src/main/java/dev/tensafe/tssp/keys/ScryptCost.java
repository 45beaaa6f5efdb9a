package dev.tensafe.tssp.keys;

/**
 * The cost of opening a key file (scrypt, RFC 7914): 128·r·N bytes of memory, and p times the time.
 *
 * @param logN log2 of N
 */
public record ScryptCost(int logN, int r, int p) {
  /** 128 MiB and about half a second. */
  public static final ScryptCost DEFAULT = new ScryptCost(17, 8, 1);

  /** Key files that ask for more than 1 GiB of memory are refused. */
  static final int MAX_LOG_N = 20;

  public ScryptCost {
    if (logN < 10 || logN > MAX_LOG_N || r != 8 || p < 1 || p > 4) {
      throw new IllegalArgumentException("scrypt needs 10 ≤ log2 N ≤ 20, r = 8, 1 ≤ p ≤ 4");
    }
  }
}
