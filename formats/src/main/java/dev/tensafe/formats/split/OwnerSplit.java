package dev.tensafe.formats.split;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.LoraModule;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.Checkpoint;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * Splits an adapter so that its deltas can be computed under encryption: {@code (alpha/r)·B·A =
 * U·Σ·Vᵀ} becomes {@code B' = U·Gᵀ}, public, times {@code A' = G·Σ·Vᵀ}, sealed, with a random
 * rotation G. B' spans only what the deltas span, and nothing else of B can be told from it.
 *
 * <p>Everything random comes from one secret seed, so a module can be computed again instead of
 * being kept; two splits with different seeds differ. Not thread-safe; holds the seed until closed.
 *
 * <p>Source: docs/TSSP.md, "Parts of mode he".
 */
public final class OwnerSplit implements AutoCloseable {
  /** Root mean square of a row of integer weights. */
  public static final double ROW_RMS = 8192;

  public static final int SEED_BYTES = 32;

  private final PeftDirectory adapter;
  private final Checkpoint base;
  private final byte[] seed;
  private final Map<String, byte[]> exponents = new LinkedHashMap<>();

  /**
   * @param seed {@value #SEED_BYTES} secret random bytes, fresh for every package
   */
  public OwnerSplit(PeftDirectory adapter, Checkpoint base, byte[] seed) {
    if (seed.length != SEED_BYTES) {
      throw new IllegalArgumentException("a seed of " + SEED_BYTES + " bytes is needed");
    }
    this.adapter = adapter;
    this.base = base;
    this.seed = seed.clone();
  }

  /** [in], the column exponents of a group of projections; one per input dimension. */
  public byte[] columnExponents(LoraTarget target, int in) {
    return exponents.computeIfAbsent(target.group(), group -> ColumnExponents.of(base, target, in));
  }

  /**
   * The split of one module; of rank 0 when its delta is zero.
   *
   * @throws FormatException {@code peft.not_finite}; {@code split.range} for weights so unequal
   *     that they have no fixed-point form
   */
  public SplitModule split(LoraModule module) {
    LowRankProduct product = product(module);
    int rank = product.rank();
    DMatrixRMaj rotation =
        HaarRotation.sample(rank, new SeedStream(seed, "rotation:" + module.name()));
    DMatrixRMaj basis = new DMatrixRMaj(module.out(), rank);
    CommonOps_DDRM.multTransB(product.u(), rotation, basis);
    DMatrixRMaj scaled = product.vt().copy();
    CommonOps_DDRM.multRows(product.sigma(), scaled);
    DMatrixRMaj sealed = new DMatrixRMaj(rank, module.in());
    CommonOps_DDRM.mult(rotation, scaled, sealed);
    try {
      return quantise(module, basis, sealed, columnExponents(module.target(), module.in()));
    } finally {
      for (DMatrixRMaj secret : new DMatrixRMaj[] {rotation, scaled, sealed, product.vt()}) {
        Arrays.fill(secret.data, 0);
      }
    }
  }

  /** The rank of a module's delta, without the rest of the split. */
  public int rank(LoraModule module) {
    LowRankProduct product = product(module);
    Arrays.fill(product.vt().data, 0);
    return product.rank();
  }

  private LowRankProduct product(LoraModule module) {
    DMatrixRMaj b = DMatrixRMaj.wrap(module.out(), module.rank(), adapter.values(module.b()));
    DMatrixRMaj a = DMatrixRMaj.wrap(module.rank(), module.in(), adapter.values(module.a()));
    try {
      return LowRankProduct.of(b, a, module.scaling());
    } finally {
      Arrays.fill(b.data, 0);
      Arrays.fill(a.data, 0);
    }
  }

  private static SplitModule quantise(
      LoraModule module, DMatrixRMaj basis, DMatrixRMaj sealed, byte[] exponents) {
    int rank = sealed.numRows;
    int in = sealed.numCols;
    int[] weights = new int[rank * in];
    double[] rowScales = new double[rank];
    double[] rowNorms = new double[rank];
    long largestRowSum = 0;
    for (int k = 0; k < rank; k++) {
      double squares = 0;
      for (int j = 0; j < in; j++) {
        double w = Math.scalb(sealed.get(k, j), exponents[j]);
        squares += w * w;
      }
      double scale = Math.sqrt(squares / in) / ROW_RMS;
      if (!(scale >= Double.MIN_NORMAL) || Double.isInfinite(scale)) {
        throw new FormatException(
            "split.range", module.name() + ": weights too unequal for a fixed-point form");
      }
      long rowSum = 0;
      double norm = 0;
      for (int j = 0; j < in; j++) {
        int w = (int) Math.rint(Math.scalb(sealed.get(k, j), exponents[j]) / scale);
        weights[k * in + j] = w;
        rowSum += Math.abs(w);
        double back = Math.scalb(w * scale, -exponents[j]);
        norm += back * back;
      }
      rowScales[k] = scale;
      rowNorms[k] = Math.sqrt(norm);
      largestRowSum = Math.max(largestRowSum, rowSum);
    }
    float[] columns = new float[basis.data.length];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = (float) basis.data[i];
    }
    return new SplitModule(module.out(), in, columns, weights, rowScales, rowNorms, largestRowSum);
  }

  @Override
  public void close() {
    Arrays.fill(seed, (byte) 0);
  }
}
