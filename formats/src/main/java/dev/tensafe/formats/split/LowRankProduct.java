package dev.tensafe.formats.split;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * The compact singular value decomposition of a product {@code scaling·B·A = U·Σ·Vᵀ} through its
 * small core: thin QR of B and of Aᵀ, then the SVD of R_B·R_Aᵀ. The product itself, [out, in], is
 * never formed.
 *
 * @param u [out, rank], orthonormal columns
 * @param sigma [rank], falling
 * @param vt [rank, in], orthonormal rows
 */
record LowRankProduct(DMatrixRMaj u, double[] sigma, DMatrixRMaj vt) {
  /** Singular values below this times the largest are taken for zero. */
  static final double RELATIVE_THRESHOLD = 1e-7;

  /**
   * @param b [out, r]
   * @param a [r, in]; r may exceed both other sizes
   */
  static LowRankProduct of(DMatrixRMaj b, DMatrixRMaj a, double scaling) {
    ThinQr left = ThinQr.of(b);
    ThinQr right = ThinQr.of(CommonOps_DDRM.transpose(a, null));
    DMatrixRMaj core = new DMatrixRMaj(left.r().numRows, right.r().numRows);
    CommonOps_DDRM.multTransB(scaling, left.r(), right.r(), core);
    if (CommonOps_DDRM.elementMaxAbs(core) == 0) {
      return new LowRankProduct(
          new DMatrixRMaj(b.numRows, 0), new double[0], new DMatrixRMaj(0, a.numCols));
    }
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_DDRM.svd(core.numRows, core.numCols, true, true, true);
    if (!svd.decompose(core)) {
      throw new ArithmeticException("the singular value decomposition did not converge");
    }
    DMatrixRMaj coreU = svd.getU(null, false);
    DMatrixRMaj coreW = svd.getW(null);
    DMatrixRMaj coreV = svd.getV(null, false);
    SingularOps_DDRM.descendingOrder(coreU, false, coreW, coreV, false);
    int rank = 0;
    int largest = Math.min(coreW.numRows, coreW.numCols);
    while (rank < largest && coreW.get(rank, rank) >= RELATIVE_THRESHOLD * coreW.get(0, 0)) {
      rank++;
    }
    double[] sigma = new double[rank];
    for (int k = 0; k < rank; k++) {
      sigma[k] = coreW.get(k, k);
    }
    DMatrixRMaj u = new DMatrixRMaj(b.numRows, rank);
    CommonOps_DDRM.mult(left.q(), columns(coreU, rank), u);
    DMatrixRMaj vt = new DMatrixRMaj(rank, a.numCols);
    CommonOps_DDRM.multTransAB(columns(coreV, rank), right.q(), vt);
    return new LowRankProduct(u, sigma, vt);
  }

  private static DMatrixRMaj columns(DMatrixRMaj m, int count) {
    return CommonOps_DDRM.extract(m, 0, m.numRows, 0, count);
  }

  int rank() {
    return sigma.length;
  }

  /** Sizes only: the values are the adapter. */
  @Override
  public String toString() {
    return "LowRankProduct[out=" + u.numRows + ", rank=" + rank() + ", in=" + vt.numCols + "]";
  }

  /** Q [n, k] with orthonormal columns and R [k, c], k = min(n, c). */
  private record ThinQr(DMatrixRMaj q, DMatrixRMaj r) {
    @Override
    public String toString() {
      return "ThinQr";
    }

    static ThinQr of(DMatrixRMaj m) {
      QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(m.numRows, m.numCols);
      // It answers false for singular matrices, whose Q is orthonormal all the same.
      boolean unusedRegular = qr.decompose(m.copy());
      return new ThinQr(qr.getQ(null, true), qr.getR(null, true));
    }
  }
}
