package dev.tensafe.formats.split;

/**
 * One projection's adapter after the split. With x the activation and e the column exponents, the
 * delta is {@code y = B'·u}, {@code u_k = rowScales[k] · Σ_j weights[k·in+j] · x_j · 2^-e_j}.
 *
 * @param out rows of B'
 * @param in columns of A'
 * @param basis B' [out, rank], row-major, orthonormal columns; public
 * @param weights A' [rank, in], row-major, rows of rms 2^13; sealed
 * @param rowScales [rank]; public
 * @param rowNorms [rank] ‖A'_k‖₂ of the rows as quantised, in units of u per unit of x; public
 * @param largestRowSum largest Σ_j |weights[k][j]|; public
 */
public record SplitModule(
    int out,
    int in,
    float[] basis,
    int[] weights,
    double[] rowScales,
    double[] rowNorms,
    long largestRowSum) {
  /** Rows of A': the rank of the delta, at most that of the adapter. */
  public int rank() {
    return rowScales.length;
  }

  /** Sizes only: the weights are secret. */
  @Override
  public String toString() {
    return "SplitModule[out=" + out + ", in=" + in + ", rank=" + rank() + "]";
  }
}
