package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.nativelib.ckks.GroupTag;
import org.jspecify.annotations.Nullable;

/**
 * Judges the answers of one message, all of them before any is used. An answer that fails is the
 * adapter host's doing; {@link AdapterBatch} has the consequences. Confined to the engine's thread.
 */
final class AnswerCheck {
  private double[] z = new double[16];
  private int values;

  /**
   * Judges a message.
   *
   * @param verdicts [tokens][VERDICT]
   * @param tagged whether there is a tag
   * @param mean of the adapter, if the answers do not share their noise; else null
   * @return what the host did, or null if all answers may be used
   */
  BarredHosts.@Nullable Reason judge(
      double[] verdicts, int tokens, boolean tagged, @Nullable DeviationMean mean) {
    values = 0;
    // the comparisons refuse a NaN as well
    for (int t = 0; t < tokens; t++) {
      if (!(verdicts[t * GroupCodec.VERDICT] <= 1)) {
        return BarredHosts.Reason.BOUNDS;
      }
    }
    if (!tagged) {
      return null;
    }
    if (z.length < GroupTag.CHECKS * tokens) {
      z = new double[2 * GroupTag.CHECKS * tokens];
    }
    for (int t = 0; t < tokens; t++) {
      for (int i = 0; i < GroupTag.CHECKS; i++) {
        double value = verdicts[t * GroupCodec.VERDICT + 1 + i];
        if (!(Math.abs(value) <= GroupCodec.DEVIATIONS)) {
          return BarredHosts.Reason.TAG;
        }
        z[values++] = value;
      }
    }
    return mean == null || mean.accept(z, values) ? null : BarredHosts.Reason.TAG;
  }

  /** Tells the deviations of the message that was judged last, if it has passed. */
  void tell(String adapter, HeListener listener) {
    if (values > 0) {
      listener.checked(adapter, z, values);
    }
  }
}
