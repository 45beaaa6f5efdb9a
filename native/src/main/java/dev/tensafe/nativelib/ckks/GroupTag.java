package dev.tensafe.nativelib.ckks;

/**
 * The secret check of one group's answers: for every i, f_i = A'ᵀ·r_i in integers. Whoever computes
 * with another map and does not know r is found out. The arrays are the caller's, not copied.
 *
 * @param r [κ][r'] with |r| from 2^14 to 2^15
 * @param f [κ][d]
 */
public record GroupTag(long[][] r, long[][] f) {
  /** κ: independent checks of every answer. */
  public static final int CHECKS = 2;

  public GroupTag {
    if (r.length != CHECKS || f.length != CHECKS) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT, "tag: not of " + CHECKS + " checks");
    }
  }

  @Override
  public String toString() {
    return "GroupTag";
  }
}
