package dev.tensafe.privacy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalTailTest {
  /** Computed once with mpmath 1.2.1, 40 digits. */
  @ParameterizedTest
  @CsvSource({
    "-30, 0.0",
    "-5, -2.86651612963763593e-7",
    "-1, -0.17275377902344989",
    "-0.001, -0.692349614272688243",
    "0, -0.693147180559945309",
    "0.5, -1.17591176159361861",
    "1, -1.84102164500926351",
    "1.9999, -3.78294701655734427",
    "2, -3.78318433368203195",
    "2.5, -5.0816482772786905",
    "3.3, -7.63461614807112793",
    "5, -15.0649983939887257",
    "8, -35.0134371599145499",
    "13, -87.9897199710225197",
    "25, -316.639408008020259",
    "38, -726.55721601882013",
    "100, -5005.52420869420509",
    "1e4, -50000010.1292789152"
  })
  void tailsAreThoseOfManyDigits(double u, double log) {
    assertEquals(log, NormalTail.logAbove(u), 2e-14 * Math.max(1, Math.abs(log)));
    if (log > -700) {
      assertEquals(Math.exp(log), NormalTail.above(u), 1e-13 * Math.exp(log));
    }
  }
}
