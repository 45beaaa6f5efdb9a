package dev.tensafe.nativelib.ckks;

import java.math.BigInteger;
import java.util.List;

/**
 * Ring degree N and the primes of the modulus, one per limb. Judged when a {@link CkksContext} is
 * opened: 128-bit security table, primes below 2^50 that are 1 modulo 2N.
 */
public record CkksParameters(int degree, List<Long> moduli) {
  /** N = 2048 and one prime: the default. */
  public static final CkksParameters FAST = new CkksParameters(2048, List.of(1125899906826241L));

  /** N = 4096 and two primes: room to flood answers statistically. */
  public static final CkksParameters STRICT =
      new CkksParameters(4096, List.of(1125899906826241L, 1125899906629633L));

  /** Deviation of errors, in coefficients, before rounding. */
  public static final double ERROR_DEVIATION = 3.2;

  public CkksParameters {
    moduli = List.copyOf(moduli);
  }

  public int limbs() {
    return moduli.size();
  }

  /** The product of the primes. */
  public BigInteger modulus() {
    return moduli.stream().map(BigInteger::valueOf).reduce(BigInteger.ONE, BigInteger::multiply);
  }

  /** Largest k such that numbers up to 2^k in magnitude are less than a quarter of the modulus. */
  public int capacityBits() {
    return modulus().bitLength() - 2;
  }
}
