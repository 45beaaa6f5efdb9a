package dev.tensafe.formats.split;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;

/**
 * Orthogonal matrices of the Haar distribution: Q of a Gaussian matrix, columns multiplied by the
 * signs of R's diagonal (Mezzadri 2007, "How to generate random matrices from the classical compact
 * groups", section 5).
 */
final class HaarRotation {
  private HaarRotation() {}

  static DMatrixRMaj sample(int size, SeedStream random) {
    DMatrixRMaj gaussian = new DMatrixRMaj(size, size);
    for (int i = 0; i < gaussian.data.length; i++) {
      gaussian.data[i] = random.nextGaussian();
    }
    QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(size, size);
    if (!qr.decompose(gaussian)) {
      throw new ArithmeticException("a QR decomposition failed");
    }
    DMatrixRMaj q = qr.getQ(null, true);
    DMatrixRMaj r = qr.getR(null, true);
    for (int column = 0; column < size; column++) {
      if (r.get(column, column) < 0) {
        for (int row = 0; row < size; row++) {
          q.set(row, column, -q.get(row, column));
        }
      }
    }
    return q;
  }
}
