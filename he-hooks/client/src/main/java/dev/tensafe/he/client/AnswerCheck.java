package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.nio.DoubleBuffer;

/**
 * Checks on the decrypted answer to one input, before anything is computed with it. An answer that
 * fails one is the adapter host's doing; {@link AdapterRoute#breakOff} has the consequences.
 * Without state; writes to the buffer it is given.
 */
final class AnswerCheck {
  private AnswerCheck() {}

  /**
   * Refuses an answer beyond its bounds, and rounds it to the precision that is claimed of it.
   *
   * @param norm ‖x‖₂ of the input
   * @param u answers, [r'] of them from {@code at} on
   * @throws HeException {@code he.answer}
   */
  static void accept(
      PublicGroup group, Bounds bounds, double tokenScale, double norm, DoubleBuffer u, int at) {
    for (int k = 0; k < group.rows(); k++) {
      double unit = tokenScale * group.rowScales()[k];
      double value = u.get(at + k);
      // the comparison refuses a NaN as well; the factor is for rounding in these sums themselves
      if (!(Math.abs(value) <= group.rowNorms()[k] * norm * (1 + 1e-9) + bounds.error() * unit)) {
        throw new HeException(Reason.ANSWER, "an answer is out of bounds");
      }
      double step = Bounds.step(bounds.noise() * unit);
      u.put(at + k, step > 0 ? Math.rint(value / step) * step : value);
    }
  }
}
